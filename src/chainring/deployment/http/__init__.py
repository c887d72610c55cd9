"""The server and its pages: routes parse, call their verb and answer.

    serve(create_app(DemoVerbs(), settings=DeploymentSettings()), host="127.0.0.1", port=8000)

Nothing is ever loaded from outside: styles and scripts are files of this package.
"""
