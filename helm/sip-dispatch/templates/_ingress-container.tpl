{{/*
HOST:PORT for --http. If the host is a variable of the kubelet, it is put in brackets, because it may be an IPv6 address;
IPv4 in brackets is allowed too. [::] means every address of both families, or only of IPv4 on a kernel without IPv6.
*/}}
{{- define "sip-dispatch.httpAddress" -}}
{{- if eq .Values.ingress.exposure "HostNetwork" -}}
[$(HOST_IP)]:{{ .Values.ingress.ports.http }}
{{- else -}}
[::]:{{ .Values.ingress.ports.http }}
{{- end -}}
{{- end -}}

{{/* The address that callers see. */}}
{{- define "sip-dispatch.advertised" -}}
{{- if .Values.ingress.advertise.external -}}
{{ include "sip-dispatch.bracketed" .Values.ingress.advertise.external }}
{{- else if eq .Values.ingress.exposure "HostNetwork" -}}
[$(HOST_IP)]
{{- else -}}
{{ include "sip-dispatch.callers" . }}.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
{{- end -}}
{{- end -}}

{{/* The address that backends see: a name that outlives every pod. */}}
{{- define "sip-dispatch.advertisedInternal" -}}
{{- with .Values.ingress.advertise.internal -}}
{{ include "sip-dispatch.bracketed" . }}
{{- else -}}
{{ include "sip-dispatch.internal" . }}.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
{{- end -}}
{{- end -}}

{{/* A host with or without a port. An IPv6 address without a port is put in brackets. */}}
{{- define "sip-dispatch.bracketed" -}}
{{ regexMatch "^[0-9a-fA-F.]*:[0-9a-fA-F.]*:[0-9a-fA-F:.]*$" . | ternary (printf "[%s]" .) . }}
{{- end -}}

{{/* Flags of the engine, a YAML list. */}}
{{- define "sip-dispatch.engineFlags" -}}
{{- $ingress := .Values.ingress -}}
{{- if eq $ingress.engine "drachtio" -}}
- --engine=drachtio
- --drachtio=tcp://127.0.0.1:9022
- --drachtio-ipv6-backends={{ ternary "try" "pass-over" $ingress.drachtio.ipv6Backends }}
{{- else -}}
- --engine=native
{{- range $ingress.ipFamilies | default (list "IPv4" "IPv6") | uniq }}
{{- $host := ternary "[::]" "0.0.0.0" (eq . "IPv6") }}
{{- if $ingress.transports.udp }}
- --listen=udp://{{ $host }}:{{ $ingress.ports.udp }}
{{- end }}
{{- if $ingress.transports.tcp }}
- --listen=tcp://{{ $host }}:{{ $ingress.ports.tcp }}
{{- end }}
{{- end }}
- --datagrams={{ $ingress.datagrams }}
- --advertise={{ include "sip-dispatch.advertised" . }}
- --advertise-internal={{ include "sip-dispatch.advertisedInternal" . }}
{{- end }}
{{- end -}}

{{- define "sip-dispatch.ingressFlags" -}}
{{- $ingress := .Values.ingress -}}
{{ include "sip-dispatch.cacheFlags" (list . "ingress") }}
{{ include "sip-dispatch.engineFlags" . }}
- --http={{ include "sip-dispatch.httpAddress" . }}
- --pod=$(POD_NAME)
- --keys=/etc/sip-dispatch/keys
- --snapshot=/var/lib/sip-dispatch/table
- --settle-seconds={{ int $ingress.drain.settleSeconds }}
- --settle-options={{ $ingress.drain.settleOptions | default (ternary "unavailable" "ok" (eq $ingress.exposure "HostNetwork")) }}
- --drain-deadline-seconds={{ int $ingress.drain.deadlineSeconds }}
{{- range .Values.resolver }}
- --resolver={{ . }}
{{- end }}
- --log-level={{ $ingress.logLevel }}
- --log-calls-per-second={{ int $ingress.logCallsPerSecond }}
- --installation={{ include "sip-dispatch.installation" . }}
- --rule-series={{ int $ingress.ruleSeries }}
{{- end -}}

{{- define "sip-dispatch.ingressEnv" -}}
{{ include "sip-dispatch.cacheEnv" (list . "ingress") }}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
{{- if eq .Values.ingress.exposure "HostNetwork" }}
- name: HOST_IP
  valueFrom: {fieldRef: {fieldPath: status.hostIP}}
{{- else }}
# If a stranger comes from one of these networks, a Service has rewritten its source address.
- name: HOST_IP
  valueFrom: {fieldRef: {fieldPath: status.hostIPs}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIPs}}
- name: SIP_DISPATCH_OWN_ADDRESS
  value: {{ prepend .Values.ingress.nodeNetworks "$(POD_IP)" | join "," | printf "$(HOST_IP),%s" | quote }}
{{- end }}
{{- if eq .Values.ingress.engine "drachtio" }}
- name: SIP_DISPATCH_DRACHTIO_SECRET
  valueFrom: {fieldRef: {fieldPath: metadata.uid}}
{{- end }}
{{- end -}}

{{- define "sip-dispatch.sipPorts" -}}
- {name: sip-udp, containerPort: {{ .Values.ingress.ports.udp }}, protocol: UDP}
- {name: sip-tcp, containerPort: {{ .Values.ingress.ports.tcp }}, protocol: TCP}
{{- end -}}

{{- define "sip-dispatch.ingressContainer" -}}
{{- $flags := include "sip-dispatch.ingressFlags" . -}}
{{- $env := include "sip-dispatch.ingressEnv" . -}}
{{- include "sip-dispatch.checkEnv" (list "ingress.extraEnv" .Values.ingress.extraEnv (fromYamlArray $env) (fromYamlArray $flags)) -}}
name: {{ include "sip-dispatch.ingressContainerName" . }}
{{ include "sip-dispatch.image" . }}
args:
  - ingress
  {{- $flags | nindent 2 }}
env:
  {{- $env | nindent 2 }}
  {{- with .Values.ingress.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  - {name: http, containerPort: {{ .Values.ingress.ports.http }}}
  {{- if ne .Values.ingress.engine "drachtio" }}
  {{- include "sip-dispatch.sipPorts" . | nindent 2 }}
  {{- end }}
livenessProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
# Load balancers use the result of this probe: a leaving pod must be removed within seconds.
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 1
securityContext:
  {{- include "sip-dispatch.containerSecurity" . | nindent 2 }}
resources:
  {{- toYaml .Values.ingress.resources | nindent 2 }}
volumeMounts:
  - {name: keys, mountPath: /etc/sip-dispatch/keys, readOnly: true}
  - {name: snapshot, mountPath: /var/lib/sip-dispatch}
  {{- with include "sip-dispatch.cacheMount" (list . "ingress") }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The image of the server runs as root and writes to its disk, so it is the only container that is not "restricted". */}}
{{- define "sip-dispatch.drachtioContainer" -}}
{{- $ingress := .Values.ingress -}}
name: drachtio{{ include "sip-dispatch.portsInName" . }}
image: {{ include "sip-dispatch.imageOf" (list $ingress.drachtio.image "") }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
# Starts before the ingress and ends after it, so that the server can still carry calls while the ingress drains.
restartPolicy: Always
args:
  - drachtio
  - --contact
  - sip:*:{{ $ingress.ports.udp }};transport=udp
  - --external-ip
  - {{ include "sip-dispatch.advertised" . | regexFind "^(\\[[^]]*\\]|[^:]*)" | trimAll "[]" | quote }}
  - --contact
  - sip:*:{{ $ingress.ports.tcp }};transport=tcp
  - --external-ip
  - {{ include "sip-dispatch.advertised" . | regexFind "^(\\[[^]]*\\]|[^:]*)" | trimAll "[]" | quote }}
  # The server does not enforce the secret of its admin port, so the port must not be reachable from outside the pod.
  - --address
  - 127.0.0.1
  - --port
  - "9022"
  - --mtu
  - "4096"
  {{- if $ingress.drachtio.ipv6Backends }}
  # With NAT detection the server treats an IPv6 backend as one behind NAT, and terminates at the ACK to it.
  - --disable-nat-detection
  {{- end }}
  - --loglevel
  - info
  - --sofia-loglevel
  - "0"
env:
  - name: DRACHTIO_SECRET
    valueFrom: {fieldRef: {fieldPath: metadata.uid}}
ports:
  {{- include "sip-dispatch.sipPorts" . | nindent 2 }}
securityContext:
  runAsNonRoot: false
  runAsUser: 0
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
resources:
  {{- toYaml $ingress.drachtio.resources | nindent 2 }}
{{- end -}}
