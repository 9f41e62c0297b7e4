{{- /* Policies are the cluster's: two releases need two names. */ -}}
{{- define "espalier.policyName" -}}
{{ include "espalier.fullname" . }}-{{ .Release.Namespace }}
{{- end -}}

{{- define "espalier.username" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "espalier.serviceAccount" . }}
{{- end -}}

{{- /* CEL: whether the request is for a namespace that no Study belongs into. */ -}}
{{- define "espalier.closedNamespace" -}}
{{- with .Values.scope.namespaces -}}
!(request.namespace in ['{{ join "', '" . }}'])
{{- else -}}
request.namespace in ['kube-system', 'kube-public', 'kube-node-lease', '{{ .Release.Namespace }}']
{{- end -}}
{{- end -}}

{{- /* The validation that keeps the operator to its namespaces. */ -}}
{{- define "espalier.inScope" -}}
- expression: "!({{ include "espalier.closedNamespace" . }})"
  reason: Forbidden
  messageExpression: >-
    'Espalier runs no trials in namespace ' + request.namespace + ': use another one, or list it in
    scope.namespaces of the chart'
{{- end -}}

{{- /* CEL: an object's controllers of a kind; takes (dict "of" "kind" "group"). */ -}}
{{- define "espalier.controllers" -}}
(has({{ .of }}.metadata.ownerReferences) ? {{ .of }}.metadata.ownerReferences : [])
.filter(o, has(o.controller) && o.controller && o.kind == '{{ .kind }}'
&& o.apiVersion.startsWith('{{ .group }}/'))
{{- end -}}

{{- /* CEL: an object's controllers of the kinds that run trials; takes (dict "of" "root"). */ -}}
{{- define "espalier.workloadsOf" -}}
{{- $found := list -}}
{{- range .root.Files.Get "files/workloads.yaml" | fromYamlArray -}}
{{- $one := dict "of" $.of "kind" .kind "group" .group -}}
{{- $found = append $found (include "espalier.controllers" $one) -}}
{{- end -}}
{{- if gt (len $found) 1 -}}
({{ join " + " $found }})
{{- else -}}
{{ first $found }}
{{- end -}}
{{- end -}}

{{- /* CEL: what makes a pod a workload's. The Job controller takes one that has its label, too. */ -}}
{{- define "espalier.ownersOfPod" -}}
{{ include "espalier.workloadsOf" . }}
.map(o, string(o.uid))
+ ['batch.kubernetes.io/controller-uid', 'controller-uid']
.filter(k, has({{ .of }}.metadata.labels) && k in {{ .of }}.metadata.labels)
.map(k, k + '=' + {{ .of }}.metadata.labels[k])
{{- end -}}

{{- /* CEL: the labels by which a pod is said to be a trial's. */ -}}
{{- define "espalier.marksOf" -}}
['study', 'study-uid', 'trial', 'trial-number'].map(k, 'espalier.dev/' + k)
.filter(k, has({{ . }}.metadata.labels) && k in {{ . }}.metadata.labels)
.map(k, k + '=' + {{ . }}.metadata.labels[k])
{{- end -}}

{{- /* Takes (dict "name" "root"); "everywhere": true binds it also where no Studies are run. */ -}}
{{- define "espalier.binding" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ .name }}
  labels:
    {{- include "espalier.labels" .root | nindent 4 }}
spec:
  policyName: {{ .name }}
  {{- with .params }}
  paramRef:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  validationActions: [Deny]
  {{- with ternary (list) .root.Values.scope.namespaces (default false .everywhere) }}
  matchResources:
    namespaceSelector:
      matchExpressions:
      - key: kubernetes.io/metadata.name
        operator: In
        values:
          {{- toYaml . | nindent 10 }}
  {{- end }}
{{- end -}}
