module rauta/tests/cluster/probe

go 1.26.0

require golang.org/x/sys v0.45.0
