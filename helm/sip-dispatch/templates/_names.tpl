{{/* A name of at most 40 characters, so that it fits a DNS label together with every suffix. */}}
{{- define "sip-dispatch.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The name of this release in metrics, alerts and dashboards. */}}
{{- define "sip-dispatch.installation" -}}{{ .Release.Namespace }}/{{ include "sip-dispatch.fullname" . }}{{- end -}}

{{- define "sip-dispatch.operator" -}}{{ include "sip-dispatch.fullname" . }}-operator{{- end -}}
{{- define "sip-dispatch.ingress" -}}{{ include "sip-dispatch.fullname" . }}-ingress{{- end -}}
{{/* The Services for callers and for backends. */}}
{{- define "sip-dispatch.callers" -}}{{ include "sip-dispatch.ingress" . }}{{ include "sip-dispatch.portsOfServices" . }}{{- end -}}
{{- define "sip-dispatch.internal" -}}{{ include "sip-dispatch.fullname" . }}-internal{{ include "sip-dispatch.portsOfServices" . }}{{- end -}}
{{- define "sip-dispatch.cache" -}}{{ include "sip-dispatch.fullname" . }}-cache{{- end -}}
{{- define "sip-dispatch.keys" -}}{{ .Values.keys.existingSecret | default (printf "%s-keys" (include "sip-dispatch.fullname" .)) }}{{- end -}}

{{/* The name of a cluster-wide object, different for each release. A dot separates the parts, because namespaces have no dots. */}}
{{- define "sip-dispatch.clusterName" -}}{{ .Release.Namespace }}.{{ include "sip-dispatch.operator" . }}{{- end -}}

{{/*
A file of alerts or a dashboard, with the values of this release: in Grafana each uid and title must be unique, and an alert
belongs to one installation. Takes a list: the root and the path.
*/}}
{{- define "sip-dispatch.monitoring" -}}
{{- $root := index . 0 -}}
{{- $installation := include "sip-dispatch.installation" $root -}}
{{- $suffix := sha256sum $installation | trunc 12 -}}
{{- $text := $root.Files.Get (index . 1) -}}
{{- range $board := list "calls" "rules" "operator" -}}
{{- $uid := printf "sip-dispatch-%s" $board -}}
{{- $text = replace $uid (printf "%s-%s" $uid $suffix) $text -}}
{{- end -}}
{{- $text | replace "INSTALLATION" $installation | replace "RUNBOOKS/" (printf "%s/" (include "sip-dispatch.runbooks" $root)) -}}
{{- end -}}

{{/* The labels that select the pods of a part. Takes a list: the root and the part. */}}
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

{{/* The reference of an image. Takes a list: the values of the image, and the default tag. */}}
{{- define "sip-dispatch.imageOf" -}}
{{- $image := index . 0 -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default (index . 1) }}
{{- end -}}
{{- end -}}

{{/* The folder of the runbooks: a released chart has its home; for a chart from a checkout, the folder is in the checkout. */}}
{{- define "sip-dispatch.runbooks" -}}
{{- $released := ternary (printf "%s/blob/v%s/docs/runbooks" .Chart.Home .Chart.AppVersion) "docs/runbooks" (ne .Chart.Home "") -}}
{{- .Values.metrics.rules.runbooks | default $released | trimSuffix "/" -}}
{{- end -}}
