"""The files of a package besides model and code: image, service, cluster, and how to run them.

texts("shop", "1f3a…", python="3.11", facts)["Dockerfile"]
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

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
    "import os, urllib.request; urllib.request.urlopen(os.environ['READY'])"]
CMD ["chainring", "serve", "-p", "project", "--host", "0.0.0.0", "--port", "8000"]
"""

SERVICE = """\
# Put the folder at /opt/${app} and its environment at /opt/${app}/venv; user and state are made.
# The state is copied once, whole, with full rights ("+"): the service may not read the key here.
[Unit]
Description=chainring answers for ${app}
After=network.target

[Service]
DynamicUser=yes
StateDirectory=${app}
ExecStartPre=+/bin/sh -c 'cd /var/lib/${app} && (test -e project || \\
    (rm -rf new && cp -r /opt/${app}/project new && chown -R --reference=. new && mv new project))'
ExecStart=/opt/${app}/venv/bin/chainring serve -p /var/lib/${app}/project \\
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
# What people ask and react, and keys made later, lie in an emptyDir, one a pod, and go with it.
# To keep them: one replica, strategy Recreate, and a PersistentVolumeClaim in place of the emptyDir
# (the image of a newer package needs a new one: a state that is there is never written over).
apiVersion: apps/v1
kind: Deployment
metadata:
  name: "${cluster}"
  labels: {app: "${cluster}"}
spec:
  replicas: 2
  selector:
    matchLabels: {app: "${cluster}"}
  template:
    metadata:
      labels: {app: "${cluster}"}
    spec:
      terminationGracePeriodSeconds: ${stop_s}
      securityContext: {runAsNonRoot: true, runAsUser: 10001, fsGroup: 10001}
      initContainers:
        - name: state
          image: "${cluster}:${model}"
          command:
            - sh
            - -c
            - >-
              test -e /state/project ||
              (rm -rf /state/new && cp -r /srv/project /state/new && mv /state/new /state/project)
          volumeMounts: [{name: state, mountPath: /state}]
      containers:
        - name: serve
          image: "${cluster}:${model}"
          args: [chainring, serve, -p, /state/project, --host, 0.0.0.0, --port, "8000"]
          ports: [{containerPort: 8000, name: http}]
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
          emptyDir: {}
---
apiVersion: v1
kind: Service
metadata:
  name: "${cluster}"
spec:
  selector: {app: "${cluster}"}
  ports: [{name: http, port: 80, targetPort: http}]
"""

README = """\
# ${app}, model ${model}

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
    venv/bin/chainring serve -p project

    curl -s localhost:8000/v1/predict -H 'authorization: Bearer KEY' \\
        -H 'content-type: application/json' -d '{"text": "..."}'

KEY is what `chainring package` showed, once. Make others with
`venv/bin/chainring keys -p project --make ask --name NAME`, and revoke that one.

- Image: `docker build -t ${cluster}:${model} .` and
  `docker run --stop-timeout ${stop_s} -p 8000:8000 ${cluster}:${model}`; Docker alone would end it
  after 10 s, whatever it has yet to answer.
- systemd: `chainring.service` tells where it expects the folder. It keeps its state in
  `/var/lib/${app}`: for a newer package stop it, move that folder away, and start it again.
- Kubernetes: `kubectl apply -f kubernetes.yaml` once the image is where the cluster finds it.

Answers, reactions and keys stay in the state of each place where it runs (volume, folder or pod):
what is said of an answer counts only where that was given. A package takes no `[store] ledger`,
since its model and keys are in the ledger that it came with.

`/health/ready` is 503 until the model is loaded and while the server stops; `/metrics` is for
Prometheus. `chainring why` knows model, data set and steps of an answer here, but not the rows:
they stayed at home.
"""

_TEXTS = {
    "Dockerfile": DOCKERFILE,
    ".dockerignore": "venv\n*.md\n",
    "chainring.service": SERVICE,
    "kubernetes.yaml": KUBERNETES,
    "README.md": README,
}


def texts(facts: Mapping[str, str]) -> dict[str, str]:
    """Return the files by name."""
    return {name: Template(text).substitute(facts) for name, text in _TEXTS.items()}
