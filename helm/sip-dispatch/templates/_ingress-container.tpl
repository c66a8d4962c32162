{{/* HOST for --listen and the like: every address of a family. */}}
{{- define "sip-dispatch.httpAddress" -}}
{{- if eq .Values.ingress.exposure "HostNetwork" -}}
$(HOST_IP):{{ .Values.ingress.ports.http }}
{{- else if has "IPv6" .Values.ingress.ipFamilies -}}
[::]:{{ .Values.ingress.ports.http }}
{{- else -}}
0.0.0.0:{{ .Values.ingress.ports.http }}
{{- end -}}
{{- end -}}

{{/* What callers are told. */}}
{{- define "sip-dispatch.advertised" -}}
{{- if .Values.ingress.advertise.external -}}
{{ .Values.ingress.advertise.external }}
{{- else if eq .Values.ingress.exposure "HostNetwork" -}}
$(HOST_IP)
{{- else -}}
{{ include "sip-dispatch.callers" . }}.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
{{- end -}}
{{- end -}}

{{/* What backends are told: a name that outlives every pod. */}}
{{- define "sip-dispatch.advertisedInternal" -}}
{{- .Values.ingress.advertise.internal | default (printf "%s.%s.svc.%s" (include "sip-dispatch.internal" .) .Release.Namespace .Values.clusterDomain) -}}
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
{{- range $ingress.ipFamilies | uniq }}
{{- $host := ternary "[::]" "0.0.0.0" (eq . "IPv6") }}
{{- if $ingress.transports.udp }}
- --listen=udp://{{ $host }}:{{ $ingress.ports.udp }}
{{- end }}
{{- if $ingress.transports.tcp }}
- --listen=tcp://{{ $host }}:{{ $ingress.ports.tcp }}
{{- end }}
{{- end }}
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
- --log-level={{ $ingress.logLevel }}
- --log-calls-per-second={{ int $ingress.logCallsPerSecond }}
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
# A stranger from there has lost its address to a Service that rewrites it.
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
# Load balancers ask what kubelets have found out: a pod that is leaving must be out within seconds.
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

{{/* The server's image runs as root and writes to its disk: only here "restricted" does not hold. */}}
{{- define "sip-dispatch.drachtioContainer" -}}
{{- $ingress := .Values.ingress -}}
name: drachtio{{ include "sip-dispatch.portsInName" . }}
image: {{ include "sip-dispatch.imageOf" (list $ingress.drachtio.image "") }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
# Starts before the ingress and ends after it, so that calls drain through it.
restartPolicy: Always
args:
  - drachtio
  - --contact
  - sip:*:{{ $ingress.ports.udp }};transport=udp
  - --external-ip
  - {{ include "sip-dispatch.advertised" . | splitList ":" | first | quote }}
  - --contact
  - sip:*:{{ $ingress.ports.tcp }};transport=tcp
  - --external-ip
  - {{ include "sip-dispatch.advertised" . | splitList ":" | first | quote }}
  # The secret of the admin port is not enforced by the server: nobody outside the pod may reach it.
  - --address
  - 127.0.0.1
  - --port
  - "9022"
  - --mtu
  - "4096"
  {{- if $ingress.drachtio.ipv6Backends }}
  # With it the server takes an IPv6 backend for one behind NAT, and ends at the ACK to it.
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
