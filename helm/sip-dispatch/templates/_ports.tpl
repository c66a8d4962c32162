{{/*
A client-side merge (helm --server-side=false, kubectl apply, Argo CD) compares the ports of a Service, and those of a
container, only by their number: of two new entries with the same number it keeps one. So a list that has a number twice
must never change. The object with such a list has the numbers in its name; with other numbers it is another object.
*/}}

{{/* The suffix in the name of an object with ports for SIP: empty, -5070, or -5070-5080. */}}
{{- define "sip-dispatch.portsInName" -}}
{{- $udp := int .Values.ingress.ports.udp -}}
{{- $tcp := int .Values.ingress.ports.tcp -}}
{{- if ne $udp $tcp -}}
-{{ $udp }}-{{ $tcp }}
{{- else if ne $udp 5060 -}}
-{{ $udp }}
{{- end -}}
{{- end -}}

{{/*
The same for Services. Existing Services with exactly these ports keep their names, with or without ports in the name. If an
existing Service has no ports in its name (as in older versions) but has other ports, even 5060 is put into the new name.
*/}}
{{- define "sip-dispatch.portsOfServices" -}}
{{- $ports := .Values.ingress.ports -}}
{{- $internal := printf "%s-internal" (include "sip-dispatch.fullname" .) -}}
{{- $numbers := list (int $ports.udp) (int $ports.tcp) | uniq | join "-" | printf "-%s" -}}
{{- $plain := include "sip-dispatch.livePorts" (list . $internal) -}}
{{- $numbered := include "sip-dispatch.livePorts" (list . (print $internal $numbers)) -}}
{{- if or .Values.ingress.service.fixedNames (eq $plain $numbers) -}}
{{- else if or $plain (eq $numbered $numbers) -}}
{{- $numbers -}}
{{- else -}}
{{- include "sip-dispatch.portsInName" . -}}
{{- end -}}
{{- end -}}

{{/* The SIP ports of an existing Service, in the form of the suffix. Takes a list: the root and the name. */}}
{{- define "sip-dispatch.livePorts" -}}
{{- $live := lookup "v1" "Service" (index . 0).Release.Namespace (index . 1) -}}
{{- $found := dict -}}
{{- range dig "spec" "ports" list $live -}}
{{- $_ := set $found .name (int .port) -}}
{{- end -}}
{{- if $live -}}
{{- list (get $found "sip-udp") (get $found "sip-tcp") | uniq | join "-" | printf "-%s" -}}
{{- end -}}
{{- end -}}

{{/* The name of the ingress container. It depends on the engine too: with drachtio, the container of the server has the ports for SIP. */}}
{{- define "sip-dispatch.ingressContainerName" -}}
{{- if eq .Values.ingress.engine "drachtio" -}}
ingress-drachtio
{{- else -}}
ingress{{ include "sip-dispatch.portsInName" . }}
{{- end -}}
{{- end -}}
