{{- define "espalier.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "espalier.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "espalier.fullname" .) }}
{{- else -}}
{{ required "serviceAccount.name is empty: with serviceAccount.create=false, name the service account that the operator runs as" .Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{- define "espalier.ingestService" -}}
{{ include "espalier.fullname" . }}
{{- end -}}

{{- define "espalier.readService" -}}
{{ include "espalier.fullname" . }}-read
{{- end -}}

{{- /* Whether people may show certificates: the CA that vouches for them is read in kube-system. */ -}}
{{- define "espalier.readCertificates" -}}
{{ and .Values.readApi.enabled .Values.readApi.certificates (not .Values.scope.namespaces) }}
{{- end -}}

{{- define "espalier.caSecret" -}}
{{ .Values.ingest.caSecret | default (printf "%s-ca" (include "espalier.fullname" .)) }}
{{- end -}}

{{- define "espalier.claim" -}}
{{ .Values.store.persistence.existingClaim | default (printf "%s-store" (include "espalier.fullname" .)) }}
{{- end -}}

{{- /* An image's full reference; takes (dict "image" ... "tag" DEFAULT). */ -}}
{{- define "espalier.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .tag }}{{ with .image.variant }}-{{ . }}{{ end }}
{{- end -}}
{{- end -}}

{{- define "espalier.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "espalier.labels" -}}
{{ include "espalier.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}
