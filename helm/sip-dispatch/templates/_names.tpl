{{/* Names of at most 40 characters, so that what is put behind them fits a DNS label. */}}
{{- define "sip-dispatch.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sip-dispatch.operator" -}}{{ include "sip-dispatch.fullname" . }}-operator{{- end -}}
{{- define "sip-dispatch.ingress" -}}{{ include "sip-dispatch.fullname" . }}-ingress{{- end -}}
{{/* The Services for callers and for backends. */}}
{{- define "sip-dispatch.callers" -}}{{ include "sip-dispatch.ingress" . }}{{ include "sip-dispatch.portsOfServices" . }}{{- end -}}
{{- define "sip-dispatch.internal" -}}{{ include "sip-dispatch.fullname" . }}-internal{{ include "sip-dispatch.portsOfServices" . }}{{- end -}}
{{- define "sip-dispatch.cache" -}}{{ include "sip-dispatch.fullname" . }}-cache{{- end -}}
{{- define "sip-dispatch.keys" -}}{{ .Values.keys.existingSecret | default (printf "%s-keys" (include "sip-dispatch.fullname" .)) }}{{- end -}}

{{/* Cluster-wide objects of two releases must not share a name: no namespace has a dot in its own. */}}
{{- define "sip-dispatch.clusterName" -}}{{ .Release.Namespace }}.{{ include "sip-dispatch.operator" . }}{{- end -}}

{{/* What selects the pods of a part. Takes a list: the root and the part. */}}
{{- define "sip-dispatch.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Labels of an object of a part. Takes a list: the root and the part. */}}
{{- define "sip-dispatch.labels" -}}
{{- $root := index . 0 -}}
{{ include "sip-dispatch.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/part-of: sip-dispatch
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Takes an image's values and the tag that an empty one stands for. */}}
{{- define "sip-dispatch.imageOf" -}}
{{- $image := index . 0 -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default (index . 1) }}
{{- end -}}
{{- end -}}

{{/* Where the runbooks are: a chart that was released knows its home; for one of a checkout they are in the checkout. */}}
{{- define "sip-dispatch.runbooks" -}}
{{- $released := ternary (printf "%s/blob/v%s/docs/runbooks" .Chart.Home .Chart.AppVersion) "docs/runbooks" (ne .Chart.Home "") -}}
{{- .Values.metrics.rules.runbooks | default $released | trimSuffix "/" -}}
{{- end -}}
