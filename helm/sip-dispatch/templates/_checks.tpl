{{/* Checks that a schema cannot express: values that exclude or require each other. Each message says what to do. */}}
{{- define "sip-dispatch.checks" -}}
{{- $ingress := .Values.ingress -}}
{{- $cache := .Values.cache -}}
{{- if and (has $ingress.exposure (list "LoadBalancer" "NodePort")) (not $ingress.advertise.external) -}}
{{- fail (printf "ingress.advertise.external is required with ingress.exposure %s: set it to the host that your callers reach, or they are told the address of a pod" $ingress.exposure) -}}
{{- end -}}
{{- $ways := 0 -}}
{{- if $cache.url -}}{{- $ways = add1 $ways -}}{{- end -}}
{{- if and $cache.existingSecret $cache.urlKey -}}{{- $ways = add1 $ways -}}{{- end -}}
{{- if $cache.embedded.enabled -}}{{- $ways = add1 $ways -}}{{- end -}}
{{- if eq (int $ways) 0 -}}
{{- fail "a rules cache is required: set cache.url, or cache.existingSecret with cache.urlKey, or for a trial cache.embedded.enabled" -}}
{{- end -}}
{{- if gt (int $ways) 1 -}}
{{- fail "one rules cache, please: of cache.url, cache.existingSecret with cache.urlKey, and cache.embedded.enabled set only one" -}}
{{- end -}}
{{- if and (or $cache.urlKey $cache.passwordKey $cache.sentinelPasswordKey $cache.caKey $cache.certKey $cache.keyKey) (not $cache.existingSecret) -}}
{{- fail "cache.urlKey, passwordKey, sentinelPasswordKey, caKey, certKey and keyKey are keys of a Secret: set cache.existingSecret to its name" -}}
{{- end -}}
{{- if and $cache.sentinelPasswordKey $cache.url (not (regexMatch "^rediss?\\+sentinel:" $cache.url)) -}}
{{- fail "cache.sentinelPasswordKey is for sentinels: write cache.url as redis+sentinel://HOST,HOST/SERVICE, or leave the key out" -}}
{{- end -}}
{{- $own := $cache.ingress -}}
{{- if and (or $own.urlKey $own.passwordKey) (not $cache.existingSecret) -}}
{{- fail "cache.ingress.urlKey and passwordKey are keys of a Secret: set cache.existingSecret to its name" -}}
{{- end -}}
{{- if and $own.url $own.urlKey -}}
{{- fail "cache.ingress.url and cache.ingress.urlKey both name the cache of the ingress pods: set only one" -}}
{{- end -}}
{{- if and $cache.embedded.enabled (or $own.url $own.urlKey $own.passwordKey) -}}
{{- fail "cache.ingress does not go with cache.embedded.enabled, which has one user: leave cache.ingress empty, or set a cache of your own" -}}
{{- end -}}
{{- if ne (empty $cache.certKey) (empty $cache.keyKey) -}}
{{- fail "cache.certKey and cache.keyKey belong together: set both, or neither" -}}
{{- end -}}
{{- if and (eq $ingress.engine "drachtio") (eq $ingress.exposure "HostNetwork") -}}
{{- fail "ingress.engine drachtio does not go with ingress.exposure HostNetwork: the admin port of the drachtio-server would be open to every pod of the node" -}}
{{- end -}}
{{- if and (eq $ingress.engine "drachtio") (not (and $ingress.transports.udp $ingress.transports.tcp)) -}}
{{- fail "with ingress.engine drachtio the drachtio-server listens on both: leave ingress.transports.udp and ingress.transports.tcp true" -}}
{{- end -}}
{{- if not (or $ingress.transports.udp $ingress.transports.tcp) -}}
{{- fail "no transport is left: set ingress.transports.udp or ingress.transports.tcp to true" -}}
{{- end -}}
{{- if has (int $ingress.ports.http) (list (int $ingress.ports.udp) (int $ingress.ports.tcp)) -}}
{{- fail (printf "ingress.ports.http is %d, as a port for SIP: set it to another one" (int $ingress.ports.http)) -}}
{{- end -}}
{{- $needed := include "sip-dispatch.neededGrace" . | int -}}
{{- if and (gt (int $ingress.drain.graceSeconds) 0) (lt (int $ingress.drain.graceSeconds) $needed) -}}
{{- fail (printf "ingress.drain.graceSeconds %d is shorter than the phases of an ending pod: set it to %d or more, or to 0 to have it computed" (int $ingress.drain.graceSeconds) $needed) -}}
{{- end -}}
{{- if and $ingress.autoscaling.enabled $ingress.autoscaling.keda.enabled -}}
{{- fail "ingress.autoscaling.enabled and ingress.autoscaling.keda.enabled would scale the same Deployment: set only one" -}}
{{- end -}}
{{- if and (eq $ingress.exposure "HostNetwork") (or $ingress.autoscaling.enabled $ingress.autoscaling.keda.enabled) -}}
{{- fail "ingress.autoscaling does not go with ingress.exposure HostNetwork: a DaemonSet has one pod per node; choose nodes with ingress.nodeSelector" -}}
{{- end -}}
{{- if and $ingress.autoscaling.keda.enabled (not $ingress.autoscaling.keda.serverAddress) -}}
{{- fail "ingress.autoscaling.keda.serverAddress is required: set it to the URL of your Prometheus" -}}
{{- end -}}
{{- if gt (int $ingress.autoscaling.minReplicas) (int $ingress.autoscaling.maxReplicas) -}}
{{- fail "ingress.autoscaling.minReplicas is above maxReplicas" -}}
{{- end -}}
{{- if and $ingress.service.allowSourceLoss (not (has $ingress.exposure (list "LoadBalancer" "NodePort"))) -}}
{{- fail (printf "ingress.service.allowSourceLoss has no effect with ingress.exposure %s: leave it false" $ingress.exposure) -}}
{{- end -}}
{{- if and (or $ingress.service.annotationsUDP $ingress.service.annotationsTCP) (not $ingress.service.split) -}}
{{- fail "ingress.service.annotationsUDP and annotationsTCP are for two Services: set ingress.service.split, or use ingress.service.annotations" -}}
{{- end -}}
{{- range $path, $labels := dict "commonLabels" .Values.commonLabels "operator.podLabels" .Values.operator.podLabels "ingress.podLabels" $ingress.podLabels -}}
{{- range $label, $_ := $labels -}}
{{- if has $label (list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component") -}}
{{- fail (printf "%s sets %s, by which the chart finds its pods: take a label of another name" $path $label) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $path, $constraints := dict "operator" .Values.operator.topologySpreadConstraints "ingress" $ingress.topologySpreadConstraints -}}
{{- $keys := list -}}
{{- range $constraints -}}{{- $keys = append $keys .topologyKey -}}{{- end -}}
{{- if ne (len $keys) (len (uniq $keys)) -}}
{{- fail (printf "%s.topologySpreadConstraints names a topologyKey twice, of which a client-side merge keeps one: name each once" $path) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.metrics.podMonitor.enabled .Values.metrics.serviceMonitor.enabled -}}
{{- fail "metrics.podMonitor and metrics.serviceMonitor would scrape the same pods twice: enable only one" -}}
{{- end -}}
{{- end -}}

{{/* Seconds: the settle time, the drain time, and some seconds to terminate. */}}
{{- define "sip-dispatch.neededGrace" -}}
{{ add (int .Values.ingress.drain.settleSeconds) (int .Values.ingress.drain.deadlineSeconds) 15 }}
{{- end -}}

{{/*
Variables of extraEnv that the chart sets itself, or that a flag of the chart overrides. Takes a list: the name of the
value, extraEnv, the variables of the chart, and the flags.
*/}}
{{- define "sip-dispatch.checkEnv" -}}
{{- $taken := dict -}}
{{- range index . 2 -}}{{- $_ := set $taken .name true -}}{{- end -}}
{{- range index . 3 -}}
{{- $flag := regexFind "^--[a-z-]+" . -}}
{{- $_ := set $taken (printf "SIP_DISPATCH_%s" ($flag | trimPrefix "--" | replace "-" "_" | upper)) true -}}
{{- end -}}
{{- $value := index . 0 -}}
{{- range index . 1 -}}
{{- if hasKey $taken .name -}}
{{- fail (printf "%s sets %s, which the chart sets itself: use the value for it, see docs/chart-values.md" $value .name) -}}
{{- end -}}
{{- $_ := set $taken .name true -}}
{{- end -}}
{{- end -}}
