{{/* The security context of a pod that Pod Security "restricted" requires. */}}
{{- define "sip-dispatch.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/* The security context of a container that it requires. */}}
{{- define "sip-dispatch.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "sip-dispatch.image" -}}
image: {{ include "sip-dispatch.imageOf" (list .Values.image .Chart.AppVersion) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end -}}

{{/* Where pods of a part run. Takes a list: the root, the part, and the part's values. */}}
{{- define "sip-dispatch.placement" -}}
{{- $values := index . 2 -}}
{{- with (index . 0).Values.image.pullSecrets }}
imagePullSecrets:
  {{- uniq . | toYaml | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* How pods of a part spread. Takes a list: the root, the part, and the part's values. */}}
{{- define "sip-dispatch.spread" -}}
{{- $values := index . 2 -}}
{{- $selector := include "sip-dispatch.selector" . -}}
topologySpreadConstraints:
{{- if $values.topologySpreadConstraints }}
  {{- toYaml $values.topologySpreadConstraints | nindent 2 }}
{{- else }}
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- $selector | nindent 8 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Labels and annotations of a pod. A service mesh must not intercept the packets, because it would hide the callers' addresses. Takes a list as above. */}}
{{- define "sip-dispatch.podMetadata" -}}
{{- $values := index . 2 -}}
labels:
  {{- include "sip-dispatch.labels" (list (index . 0) (index . 1)) | nindent 2 }}
  sidecar.istio.io/inject: "false"
  {{- with $values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  linkerd.io/inject: disabled
  {{- with $values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/*
The settings with which a part reaches the cache: the common values and, for the ingress, the values of `cache.ingress`
instead. Takes a list: the root and the part. A JSON object.
*/}}
{{- define "sip-dispatch.cacheOf" -}}
{{- $cache := (index . 0).Values.cache -}}
{{- $own := ternary $cache.ingress (dict) (eq (index . 1) "ingress") -}}
{{- $url := dict "url" $cache.url "urlKey" $cache.urlKey -}}
{{- if or $own.url $own.urlKey -}}
{{- $url = pick $own "url" "urlKey" -}}
{{- end -}}
{{- merge $url (dict "passwordKey" (default $cache.passwordKey $own.passwordKey)) $cache | toJson -}}
{{- end -}}

{{/* The flags for the connection to the cache, a YAML list. Takes a list: the root and the part. */}}
{{- define "sip-dispatch.cacheFlags" -}}
{{- $root := index . 0 -}}
{{- $cache := include "sip-dispatch.cacheOf" . | fromJson -}}
- --cache=$(CACHE_URL)
- --cache-prefix={{ $cache.prefix | default (printf "%s.%s" $root.Release.Namespace (include "sip-dispatch.fullname" $root)) }}
{{- if $cache.passwordKey }}
- --cache-password-file=/etc/sip-dispatch/cache/password
{{- end }}
{{- if $cache.sentinelPasswordKey }}
- --cache-sentinel-password-file=/etc/sip-dispatch/cache/sentinel-password
{{- end }}
{{- if $cache.caKey }}
- --cache-ca-file=/etc/sip-dispatch/cache/ca.pem
{{- end }}
{{- if $cache.certKey }}
- --cache-cert-file=/etc/sip-dispatch/cache/certificate.pem
- --cache-key-file=/etc/sip-dispatch/cache/key.pem
{{- end }}
{{- end -}}

{{/* The variable of the flags above, a YAML list. */}}
{{- define "sip-dispatch.cacheEnv" -}}
{{- $cache := include "sip-dispatch.cacheOf" . | fromJson -}}
- name: CACHE_URL
{{- if $cache.embedded.enabled }}
  value: redis://{{ include "sip-dispatch.cache" (index . 0) }}:6379
{{- else if $cache.url }}
  value: {{ $cache.url | quote }}
{{- else }}
  valueFrom:
    secretKeyRef: {name: {{ $cache.existingSecret }}, key: {{ $cache.urlKey }}}
{{- end }}
{{- end -}}

{{/* The volume with the files of the flags above, if there are any. It is mounted as a directory, so that changes of the Secret arrive. */}}
{{- define "sip-dispatch.cacheVolume" -}}
{{- $cache := include "sip-dispatch.cacheOf" . | fromJson -}}
{{- if or $cache.passwordKey $cache.sentinelPasswordKey $cache.caKey $cache.certKey -}}
- name: cache
  secret:
    secretName: {{ $cache.existingSecret }}
    items:
      {{- with $cache.passwordKey }}
      - {key: {{ . }}, path: password}
      {{- end }}
      {{- with $cache.sentinelPasswordKey }}
      - {key: {{ . }}, path: sentinel-password}
      {{- end }}
      {{- with $cache.caKey }}
      - {key: {{ . }}, path: ca.pem}
      {{- end }}
      {{- with $cache.certKey }}
      - {key: {{ . }}, path: certificate.pem}
      - {key: {{ $cache.keyKey }}, path: key.pem}
      {{- end }}
{{- end -}}
{{- end -}}

{{- define "sip-dispatch.cacheMount" -}}
{{- if include "sip-dispatch.cacheVolume" . -}}
- {name: cache, mountPath: /etc/sip-dispatch/cache, readOnly: true}
{{- end -}}
{{- end -}}
