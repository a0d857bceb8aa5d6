# The storage qube: without network, with the tag that policy asks for and the service that
# starts qib-storage. Storage that backed itself up would never come to an end.
{%- set name = salt['pillar.get']('qib:storage', 'sys-backup') %}
{%- set template = salt['pillar.get']('qib:template', '') %}

qib-storage:
  qvm.vm:
    - name: {{ name }}
    - present:
      - label: gray
{%- if template %}
      - template: {{ template }}
{%- endif %}
    - prefs:
      - netvm: ""
      - default_dispvm: ""
      - include_in_backups: False
    - tags:
      - add:
        - qib-storage
    - service:
      - enable:
        - qib-storage
