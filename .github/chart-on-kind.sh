#!/usr/bin/env bash
# What no test on an API server alone can show: the image is built, its pods run on a node, and a call is answered by a rule.
# Needs docker, kind, kubectl and helm; leaves nothing behind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cluster=sip-dispatch-chart
trap 'kind delete cluster --name "$cluster"' EXIT
docker build --tag sip-dispatch:chart-test .
kind create cluster --name "$cluster" --wait 120s
kind load docker-image sip-dispatch:chart-test --name "$cluster"

tell() {
  kubectl get pods --namespace telephony --output wide
  kubectl logs --namespace telephony --selector app.kubernetes.io/instance=phone --tail 50 --prefix
}

helm upgrade --install phone helm/sip-dispatch --namespace telephony --create-namespace --wait --timeout 5m \
  --set image.tag=chart-test --set ingress.advertise.external=sip.example.com --set cache.embedded.enabled=true \
  --set ingress.exposure=ClusterIP || { tell; exit 1; }
helm test phone --namespace telephony --logs || { tell; exit 1; }
kubectl apply --namespace telephony -f examples/standalone
kubectl wait --namespace telephony --for=condition=Programmed --timeout=120s siptrunk --all || { tell; exit 1; }
kubectl wait --namespace telephony --for=condition=Programmed --timeout=120s dispatchrule --all || { tell; exit 1; }
helm uninstall phone --namespace telephony --wait
kubectl get crd siptrunks.sipdispatch.dev dispatchrules.sipdispatch.dev
