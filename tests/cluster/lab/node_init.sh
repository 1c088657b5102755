#!/bin/sh
# Process 1 of a node: lays out the node's own view of the file system, says so, and then only
# reaps. Runs in fresh mount, pid, host name and IPC namespaces; killing it ends all that the node
# started. Takes the node's name and its folder; touches nothing outside its namespaces.
set -eu
name=$1
folder=$2

hostname "$name"
mount --make-rshared /
# Other namespaces must not be kept alive by a copy of their mounts in this one.
for mounted in "$(dirname "$folder")"/networks/* /run/netns/*; do
  umount -l "$mounted" 2>/dev/null || true
done

mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/netns
for place in /var/lib /var/log; do mount -t tmpfs tmpfs "$place"; done
mkdir -p /var/lib/kubelet /var/lib/containerd /var/log/pods /var/log/containers
mount --bind "$folder/kubelet" /var/lib/kubelet
mount --bind "$folder/containerd" /var/lib/containerd

# sysfs shows the network namespace that it was mounted in: a fresh one shows this node's.
mount -t sysfs -o ro sysfs /sys
if [ "$(cat "$folder/cgroup-version")" = 2 ]; then
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
else
  mount -t tmpfs tmpfs /sys/fs/cgroup
  for controller in cpu cpuacct cpuset memory devices freezer blkio pids; do
    mkdir "/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller"
  done
  mkdir /sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
fi

# The kubelet sets these for the whole machine: it gets files in their place.
mkdir /run/switches
for switch in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
  kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  path=/proc/sys/${switch%=*}
  [ -e "$path" ] || continue
  stand_in=/run/switches/$(echo "${switch%=*}" | tr / .)
  echo "${switch#*=}" >"$stand_in"
  mount --bind "$stand_in" "$path"
done

touch "$folder/laid-out"
trap 'exit 0' TERM
# Orphans become children of process 1; wait reaps them, and sleep gives it something to wait for.
while :; do
  sleep 3600 &
  wait
done
