package test

# META
# scope: docu...t# METADATA
# titleent# METADATA
# title: q
# sbascope: rule
# d@scription:TADATA
# title: q
# sbascope: rule
# d@scription: |
#   = true
