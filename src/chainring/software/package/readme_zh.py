"""The README of a package in Chinese: it says the same as the English one in `texts`."""

from __future__ import annotations

README_ZH = """\
# ${app}，模型 ${model}

[English](README.md)

这个文件夹用来让一个模型提供服务：任务 ${task}，形式 ${form}（引擎 ${engine}）。它需要
Python ${python} 和 `requirements.txt` 所列的软件包，不需要训练时用到的任何东西。其中没有模型
学过或用来评判的行，没有反馈，只有一个自己的密钥。从段落中读出答案的模型，段落随它一起。

| | |
|---|---|
| 形式占用磁盘 | ${form_mb} MB |
| 安装后的软件包 | ${installed_mb} MB，共 ${packages} 个 |
| 服务就绪时的内存 | ${memory} |

镜像就是这两样，加上底层的 Python 精简镜像。

## 运行

    python${python} -m venv venv
    venv/bin/pip install --no-deps -r requirements.txt
    cp -r project try
    venv/bin/chainring serve -p try

    curl -s localhost:8000/v1/predict -H 'authorization: Bearer KEY' \\
        -H 'content-type: application/json' -d '{"text": "……"}'

KEY 是 `chainring package` 显示过一次的密钥值。请像这样在副本上试用：提出的问题会留在提供服务的
文件夹里，而 `project` 是要放进镜像的。

- 镜像，带自己的卷；不写 `--stop-timeout` 时，Docker 10 秒后就会终止它，不管还有什么没有答完：

      docker build -t ${cluster}:${model}-${package} .
      docker run --stop-timeout ${stop_s} -p 8000:8000 \\
          -v ${cluster}-${package}:/srv/project/.chainring ${cluster}:${model}-${package}

- systemd：文件夹应放在哪里，见 `chainring.service`。换新的部署包时，把它放到原处，连同它的
  `chainring.service`，然后执行 `systemctl daemon-reload` 并重启。
- Kubernetes：镜像放到集群能取到的地方后，执行 `kubectl apply -f kubernetes.yaml`。由一个 pod
  提供服务；更换它的几秒钟里无人作答，客户端会再次请求。

请在运行的地方用 `chainring keys -p 项目 --make ask --name 名称` 生成其他密钥，并在那里用
`--revoke 编号` 吊销上面那一个：

- 镜像：`docker exec 容器 chainring keys -p project`
- systemd：`sudo /opt/${app}/venv/bin/chainring keys -p /var/lib/${app}/project-${package}`
- Kubernetes：`kubectl exec deploy/${cluster} -- chainring keys -p /state/project`

## 什么留在这里

回答、反馈和密钥留在各个运行之处的状态里，每个部署包一份：卷或声明 `${cluster}-${package}`，或
`/var/lib/${app}/project-${package}`。新的部署包从自己的模型、规则、密钥和空的状态开始；旧包的
状态不再需要时请删除，因为其中有人们写的内容。部署包遇到别的包的状态时，日志和
`chainring status` 会说明。

环不在这里转动。对回答的反馈会保存并得到确认，用于此处的审核、个案和各项数字，`chainring status`
会计数。带回家之后它才用于学习：把状态（含 `chainring.toml` 和 `.chainring` 的文件夹）复制到打包的
那个项目，在那里运行 `chainring collect 副本`，次数不限；每条回答和反馈只算一次。

谁会收到个案的通知（`alerts`）、监测什么（`drift`）、怎样记日志（`observing`），都与项目相同；警报
地址中含有秘密时，请像保管那个秘密一样保管部署包。签名用的密钥在这里从环境变量读取
（`alerts.secret_env`）。

超过 `privacy.retention_days` 的文本，由服务自己每小时清除一次。部署包不接受 `[store] ledger`，
因为它的模型和密钥就在随它而来的账本里。

模型载入之前，`/health/ready` 返回 503；正在停止的服务拒绝新的连接，并答完已经开始的请求。
`/metrics` 供 Prometheus 使用。`chainring why` 在这里知道一个回答的模型、数据集和各个步骤，但看不到
数据行：它们留在家里。
"""
