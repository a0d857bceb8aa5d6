# dom0's part: the storage qube and the template of helpers.
include:
  - qib.storage
  - qib.helper
