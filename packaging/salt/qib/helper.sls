# What helpers are made from: a disposable template without network. Each helper is set up
# again by qib, which trusts nothing of this.
{%- set name = salt['pillar.get']('qib:helper_template', 'qib-dvm') %}
{%- set template = salt['pillar.get']('qib:template', '') %}

qib-helper:
  qvm.vm:
    - name: {{ name }}
    - present:
      - label: red
{%- if template %}
      - template: {{ template }}
{%- endif %}
    - prefs:
      - netvm: ""
      - default_dispvm: ""
      - template_for_dispvms: True
      - include_in_backups: False
    - features:
      - set:
        - internal: 1
