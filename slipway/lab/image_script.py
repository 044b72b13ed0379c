"""The script that runs inside the base image to make a lab host of it."""

from __future__ import annotations

RECIPE = "1"

PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "openssh-server",
    "sudo",
    "python3",
    "ca-certificates",
    "iproute2",
    "procps",
)

# Timers that start apt by themselves would hold its lock at a random moment of a provision. Managers of
# users are left out: with control groups of version 1, systemd in a container is not told when one has
# ended, and then logins and shutdowns wait for its time-out of minutes.
SCRIPT = f"""set -eu
. /slipway-environment
export DEBIAN_FRONTEND=noninteractive
if ! command -v sshd >/dev/null || ! command -v python3 >/dev/null; then
  apt-get update -q >&2
  apt-get install -y -q --no-install-recommends {" ".join(PACKAGES)} >&2
fi
rm -f /usr/sbin/policy-rc.d /etc/apt/apt.conf.d/docker-* /etc/dpkg/dpkg.cfg.d/docker*
rm -f /etc/ssh/ssh_host_*
systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer >&2
systemctl mask systemd-udevd.service getty.target console-getty.service >&2
systemctl mask user@.service user-runtime-dir@.service >&2
apt-get clean
rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log
: >/etc/machine-id
python3 /slipway-trust.py
rm -f /slipway-environment /slipway-prepare /slipway-trust.py /slipway-bundle.pem
"""

# Prints how many certificates were added. Debian's own are left out, so that a plain machine adds none.
TRUST = r"""import glob, os, re, subprocess
def read(path):
    text = open(path, encoding="utf-8", errors="replace").read()
    found = re.findall("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.DOTALL)
    return list(dict.fromkeys(re.sub("[ \t\r]+\n", "\n", one) for one in found))
folder = "/usr/local/share/ca-certificates"
os.makedirs(folder, exist_ok=True)
for old in glob.glob(folder + "/slipway-*.crt"):
    os.unlink(old)
known = set(read("/etc/ssl/certs/ca-certificates.crt"))
extra = [one for one in read("/slipway-bundle.pem") if one not in known]
for number, one in enumerate(extra, 1):
    with open(f"{folder}/slipway-{number:03}.crt", "w", encoding="utf-8") as file:
        file.write(one + "\n")
if extra:
    subprocess.run(["update-ca-certificates"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(len(extra))
"""
