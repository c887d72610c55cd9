"""The files of a package besides model and code: image, service, cluster, and how to run them.

texts("shop", "1f3a…", python="3.11", facts)["Dockerfile"]
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

from chainring.contracts.said import in_language
from chainring.software.package.readme_zh import README_ZH

DOCKERFILE = """\
FROM python:${python}-slim
RUN useradd --uid 10001 --create-home chainring
WORKDIR /srv
COPY requirements.txt *.whl ./
RUN pip install --no-cache-dir --no-deps -r requirements.txt
COPY --chown=chainring project project
USER chainring
VOLUME /srv/project/.chainring
EXPOSE 8000
ENV READY=http://127.0.0.1:8000/health/ready
HEALTHCHECK CMD ["python", "-c", \\
    "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open(os.environ['READY'])"]
CMD ["chainring", "serve", "-p", "project", "--host", "0.0.0.0", "--port", "8000"]
"""

SERVICE = """\
# Put the folder at /opt/${app} and its environment at /opt/${app}/venv; user and state are made.
# The state is copied once, whole, with full rights ("+"): the service may not read the key here.
# Each package has a state of its own, so that a newer one never goes on with an older model.
[Unit]
Description=chainring answers for ${app}
After=network.target

[Service]
DynamicUser=yes
StateDirectory=${app}
ExecStartPre=+/bin/sh -c 'cd /var/lib/${app} && (test -e project-${package} || \\
    (rm -rf new && cp -r /opt/${app}/project new && chown -R --reference=. new && \\
    mv new project-${package}))'
ExecStart=/opt/${app}/venv/bin/chainring serve -p /var/lib/${app}/project-${package} \\
    --host 127.0.0.1 --port 8000
Restart=always
KillMode=mixed
TimeoutStopSec=${stop_s}
MemoryMax=${limit_mib}M
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
"""

KUBERNETES = """\
# What people ask and react, and keys, lie in the claim at the end, of which each package has its
# own. One pod alone, for two would know nothing of each other: a reaction to the other's answer
# would count nowhere, a key made in one be unknown in the other, and one revoked there go on here.
# Only where neither reactions nor keys matter: more replicas, each with an emptyDir for the claim.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: "${cluster}"
  labels: {app: "${cluster}"}
spec:
  replicas: 1
  strategy: {type: Recreate}
  selector:
    matchLabels: {app: "${cluster}"}
  template:
    metadata:
      labels: {app: "${cluster}"}
    spec:
      terminationGracePeriodSeconds: ${leave_stop_s}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        fsGroup: 10001
        fsGroupChangePolicy: OnRootMismatch
      initContainers:
        - name: state
          image: "${cluster}:${model}-${package}"
          command:
            - sh
            - -c
            - >-
              test -e /state/project ||
              (rm -rf /state/new && cp -r /srv/project /state/new && mv /state/new /state/project)
          volumeMounts: [{name: state, mountPath: /state}]
      containers:
        - name: serve
          image: "${cluster}:${model}-${package}"
          args: [chainring, serve, -p, /state/project, --host, 0.0.0.0, --port, "8000"]
          ports: [{containerPort: 8000, name: http}]
          lifecycle:
            preStop:  # it stops listening only once nobody is sent here any more
              exec: {command: [sleep, "${leave_s}"]}
          startupProbe:
            httpGet: {path: /health/ready, port: http}
            periodSeconds: 2
            failureThreshold: 60
          readinessProbe:
            httpGet: {path: /health/ready, port: http}
            periodSeconds: 2
          livenessProbe:
            httpGet: {path: /health/live, port: http}
            periodSeconds: 10
          resources:
            requests: {cpu: "1", memory: ${request_mib}Mi}
            limits: {memory: ${limit_mib}Mi}
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          volumeMounts: [{name: state, mountPath: /state}]
      volumes:
        - name: state
          persistentVolumeClaim: {claimName: "${cluster}-${package}"}
---
apiVersion: v1
kind: Service
metadata:
  name: "${cluster}"
spec:
  selector: {app: "${cluster}"}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: "${cluster}-${package}"
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 10Gi}}
"""

README = """\
# ${app}, model ${model}

[中文](README.zh-CN.md)

A folder that serves one model: task ${task}, form ${form} (engine ${engine}). It needs Python
${python} and what `requirements.txt` names, and nothing of what the model was trained with. It
holds no rows that the model learnt from or was judged on, no feedback, and a key of its own. A
model that reads answers off passages has its passages with it.

| | |
|---|---|
| form on disk | ${form_mb} MB |
| installed packages | ${installed_mb} MB, ${packages} packages |
| memory of the server, ready | ${memory} |

An image is these two and the slim Python image under them.

## Run it

    python${python} -m venv venv
    venv/bin/pip install --no-deps -r requirements.txt
    cp -r project try
    venv/bin/chainring serve -p try

    curl -s localhost:8000/v1/predict -H 'authorization: Bearer KEY' \\
        -H 'content-type: application/json' -d '{"text": "..."}'

KEY is what `chainring package` showed, once. Try it on a copy, as here: what is asked is kept in
the folder that serves, and `project` goes into images.

- Image, with a volume of its own; Docker alone would end it after 10 s, whatever it has yet to
  answer:

      docker build -t ${cluster}:${model}-${package} .
      docker run --stop-timeout ${stop_s} -p 8000:8000 \\
          -v ${cluster}-${package}:/srv/project/.chainring ${cluster}:${model}-${package}

- systemd: `chainring.service` tells where it expects the folder. For a newer package put that in
  its place, with its `chainring.service`, then `systemctl daemon-reload` and restart.
- Kubernetes: `kubectl apply -f kubernetes.yaml` once the image is where the cluster finds it. One
  pod serves; while it is replaced nobody answers for some seconds, and clients ask again.

Make other keys where it runs, by `chainring keys -p PROJECT --make ask --name NAME`, and revoke
that one there by `--revoke ID`:

- image: `docker exec CONTAINER chainring keys -p project`
- systemd: `sudo /opt/${app}/venv/bin/chainring keys -p /var/lib/${app}/project-${package}`
- Kubernetes: `kubectl exec deploy/${cluster} -- chainring keys -p /state/project`

## What stays here

Answers, reactions and keys stay in the state of each place where it runs, one for each package: the
volume or claim `${cluster}-${package}`, or `/var/lib/${app}/project-${package}`. A newer package
begins with its own model, rules, key and an empty state; remove the older one's when you need it no
more, for it holds what people wrote. Where a package meets the state of another one, its log and
`chainring status` say so.

No ring turns here. What is said of an answer is kept and acknowledged, for review, cases and
figures of this place, and `chainring status` counts it. It teaches once it is home: copy the state
(the folder with `chainring.toml` and `.chainring`) to the project that made this package, and run
`chainring collect COPY` there, as often as you like; each answer and reaction comes once.

Who is told of cases (`alerts`), what is watched (`drift`) and how it logs (`observing`) is as in
the project; where the address of alerts holds a secret, keep the package as you keep that. The
secret that signs them is read from the environment here (`alerts.secret_env`).

Texts are erased by the server itself, once an hour, when `privacy.retention_days` are over. A
package takes no `[store] ledger`, since its model and keys are in the ledger that it came with.

`/health/ready` is 503 until the model is loaded; a server that stops refuses new connections and
answers what it has begun. `/metrics` is for Prometheus. `chainring why` knows model, data set and
steps of an answer here, but not the rows: they stayed at home.
"""

IGNORED = """\
venv
try
*.md
project/server.log
project/.chainring/traffic
project/.chainring/limits
project/.chainring/forgotten
project/.chainring/scratch
"""
"""What a server that ran in the folder has left there is no part of an image."""

_TEXTS = {
    "Dockerfile": DOCKERFILE,
    ".dockerignore": IGNORED,
    "chainring.service": SERVICE,
    "kubernetes.yaml": KUBERNETES,
    "README.md": README,
    "README.zh-CN.md": README_ZH,
}


def texts(facts: Mapping[str, str]) -> dict[str, str]:
    """Return the files by name; facts that were said in both languages are told in each."""
    told = {
        one: {key: in_language(fact, one) for key, fact in facts.items()} for one in ("en", "zh")
    }
    return {
        name: Template(text).substitute(told["zh" if text is README_ZH else "en"])
        for name, text in _TEXTS.items()
    }
