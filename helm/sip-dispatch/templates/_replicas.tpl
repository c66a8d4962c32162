{{/*
The number of pods of a Deployment. The chart must not undo scaling: an upgrade never reduces the number of pods, unless the
value for it changes. Helm can look up the live object; without a cluster (helm template, Argo CD) there is none. Takes a
list: the root, the part, the value, and whether an autoscaler sets the number. A JSON object: `replicas`, absent if only the
autoscaler sets the number, and `from`, which the Deployment has as an annotation.
*/}}
{{- define "sip-dispatch.replicas" -}}
{{- $root := index . 0 -}}
{{- $wanted := index . 2 | int -}}
{{- $name := include (printf "sip-dispatch.%s" (index . 1)) $root -}}
{{- $live := lookup "apps/v1" "Deployment" $root.Release.Namespace $name -}}
{{- $from := dig "metadata" "annotations" "sipdispatch.dev/replicas" "" $live -}}
{{- $now := dig "spec" "replicas" $wanted $live | int -}}
{{- if index . 3 -}}
{{- if or (not $live) (eq $from "autoscaler") (and (not $from) (include "sip-dispatch.isAutoscaled" (list $root $name))) -}}
{{- dict "from" "autoscaler" | toJson -}}
{{- else -}}
{{- dict "from" (toString $wanted) "replicas" $now | toJson -}}
{{- end -}}
{{- else -}}
{{- $unchanged := has $from (list "" "autoscaler" (toString $wanted)) -}}
{{- $keeps := and $unchanged (include "sip-dispatch.isScaled" $live) -}}
{{- dict "from" (toString $wanted) "replicas" (ternary $now $wanted (not (empty $keeps))) | toJson -}}
{{- end -}}
{{- end -}}

{{/* Whether the number of pods was last set by scaling: by kubectl scale, or by an autoscaler. Takes the live object. */}}
{{- define "sip-dispatch.isScaled" -}}
{{- range dig "metadata" "managedFields" list . -}}
{{- if and (eq (.subresource | default "") "scale") (hasKey (dig "fieldsV1" "f:spec" dict .) "f:replicas") -}}
true
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whether an autoscaler of this chart, or one that KEDA has created, exists. Takes a list: the root and the Deployment's name. */}}
{{- define "sip-dispatch.isAutoscaled" -}}
{{- $namespace := (index . 0).Release.Namespace -}}
{{- $name := index . 1 -}}
{{- range list $name (printf "keda-hpa-%s" $name) -}}
{{- if lookup "autoscaling/v2" "HorizontalPodAutoscaler" $namespace . -}}
true
{{- end -}}
{{- end -}}
{{- end -}}
