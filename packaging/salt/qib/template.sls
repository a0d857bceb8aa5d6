# For the template itself: its two packages.
qib-packages:
  pkg.installed:
    - pkgs:
      - qib-helper
      - qib-storage
