# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the authentication options; `module_utils/_kube/auth.py` has their argument spec, and a test compares both."""

from __future__ import annotations


class ModuleDocFragment:
    """How modules say which cluster is meant, and who asks."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - The kubeconfig to use; a path, several paths joined by C(:), the content as a dictionary, or a file encrypted by Ansible Vault.
      - Of several paths those that do not exist are passed over, and the first file wins that names something, as with C(kubectl).
      - If not given, the variable E(K8S_AUTH_KUBECONFIG) counts, then E(KUBECONFIG), then C(~/.kube/config).
    type: raw
  context:
    description:
      - The context of the kubeconfig to use, instead of its current one. Also E(K8S_AUTH_CONTEXT).
    type: str
  host:
    description:
      - The URL of the API server, which begins with C(https://). Also E(K8S_AUTH_HOST).
    type: str
  api_key:
    description:
      - The bearer token to authenticate with. Also E(K8S_AUTH_API_KEY).
    type: str
  username:
    description:
      - The user of basic authentication, for a proxy in front of the API that takes it. Also E(K8S_AUTH_USERNAME).
    type: str
  password:
    description:
      - The password that belongs to O(username). Also E(K8S_AUTH_PASSWORD).
    type: str
  validate_certs:
    description:
      - Whether the certificate of the API server is checked. If not given, it is checked unless the kubeconfig says otherwise.
      - Also E(K8S_AUTH_VERIFY_SSL); a value of V(false) from there gives a warning, for AWX sets it for credentials without a CA.
    type: bool
    aliases: [verify_ssl]
  ca_cert:
    description:
      - The file with the certificate of the CA that signed the API server's. Also E(K8S_AUTH_SSL_CA_CERT).
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description:
      - The file with the client certificate to authenticate with; it needs O(client_key). Also E(K8S_AUTH_CERT_FILE).
    type: path
    aliases: [cert_file]
  client_key:
    description:
      - The file with the key of O(client_cert), without a passphrase. Also E(K8S_AUTH_KEY_FILE).
    type: path
    aliases: [key_file]
  proxy:
    description:
      - The URL of the proxy that leads to the API server, for example V(http://proxy.example:3128).
      - If not given, the variable E(K8S_AUTH_PROXY) counts, then what the kubeconfig says, then E(HTTPS_PROXY) or E(HTTP_PROXY).
    type: str
  no_proxy:
    description:
      - Names, suffixes, addresses and networks, separated by commas, that are reached without the proxy.
      - If not given, the variable E(K8S_AUTH_NO_PROXY) counts, then E(NO_PROXY).
    type: str
  proxy_headers:
    description:
      - What is sent to the proxy in headers.
    type: dict
    suboptions:
      proxy_basic_auth:
        description:
          - User and password for the proxy, joined by a colon. Also E(K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH).
        type: str
      basic_auth:
        description:
          - User and password in an C(Authorization) header, joined by a colon. Also E(K8S_AUTH_PROXY_HEADERS_BASIC_AUTH).
        type: str
      user_agent:
        description:
          - The name that the proxy is told. Also E(K8S_AUTH_PROXY_HEADERS_USER_AGENT).
        type: str
  persist_config:
    description:
      - Whether a token that was refreshed is written back to the kubeconfig, which some providers (C(oidc), C(gcp)) need.
      - Also E(K8S_AUTH_PERSIST_CONFIG). It is not, if not given.
    type: bool
  impersonate_user:
    description:
      - The user to act as. Also E(K8S_AUTH_IMPERSONATE_USER).
    type: str
  impersonate_groups:
    description:
      - The groups to act as, together with O(impersonate_user). Also E(K8S_AUTH_IMPERSONATE_GROUPS), separated by commas.
    type: list
    elements: str
requirements:
  - kubernetes >= 29.0.0 (the Python library)
notes:
  - Which cluster and which credentials count, the first that is given; the options of the task; the C(K8S_AUTH_*) variables; the service
    account of the pod that runs the task; the kubeconfig that E(KUBECONFIG) names, or C(~/.kube/config).
  - O(kubeconfig) or O(context) as an option of the task discards host, credentials and TLS settings of the C(K8S_AUTH_*) variables, and
    the task says so. This differs from the collection C(kubernetes.core), where the variables win.
  - Variables count as well when they are set by the C(environment) keyword of the task. An empty value means the same as none.
"""
