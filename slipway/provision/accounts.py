"""Creates accounts with least privilege: to deploy, to build, to run the app; sudo lets the first act as the others."""

from __future__ import annotations

from pathlib import PurePosixPath

from slipway.core.shell import Script, sh
from slipway.model.step import Step
from slipway.provision.target import Site

BUILDERS = PurePosixPath("/var/lib/slipway")  # homes of the accounts that build dependencies


def accounts(site: Site) -> Step:
    """Make the app's account and the deploying one, and let the given keys log in as the latter.

    A third one builds the app's dependencies, whose code runs then: it is in no group but its own, and can
    read nobody's environment.

    An account that provision did not make is only taken for the app if its comment says so: an app that is called
    `postgres` or `sudo` must not get what these may do.
    """
    return Step(
        "accounts",
        "make the accounts",
        sh(
            """
user={{user}} login={{login}}
if ! entry=$(getent passwd "$user"); then
  ! getent group "$user" > /dev/null || fail "there is a group $user already: set app.user to a name that is free"
  useradd --system --user-group --home-dir {{home}} --no-create-home --shell /usr/sbin/nologin \\
    --comment {{comment}} "$user"
  fact changed "account $user"
else
  IFS=: read -r _ _ uid _ comment _ <<< "$entry"
  ((uid >= 100)) || fail "the account $user is the system's own: set app.user to a free name"
  [[ $comment == {{mark}}* ]] \\
    || fail "the account $user is not Slipway's: set app.user to a free name, or give it to the app by" \\
      "usermod --comment '"{{comment}}"' $user"
fi
builder={{builder}}
if ! entry=$(getent passwd "$builder"); then
  (umask 022; mkdir -p {{homes}})
  useradd --system --user-group --home-dir {{homes}}/"$builder" --no-create-home --shell /usr/sbin/nologin \\
    --comment {{builder_comment}} "$builder"
  fact changed "account $builder"
else
  IFS=: read -r _ _ _ _ comment _ <<< "$entry"
  [[ $comment == "Slipway "* ]] || fail "the account $builder is not Slipway's: set app.user to another name"
fi
home={{homes}}/$builder
if [[ ! -d $home || $(stat -c %U -- "$home") != "$builder" ]]; then
  rm -rf -- "$home"
  (umask 077; mkdir -- "$home")
  chown "$builder:" "$home"
fi
if ! getent passwd "$login" > /dev/null; then
  # No password matches '*'; with '!', a locked account, keys would be refused too where sshd does without PAM.
  useradd --create-home --shell /bin/bash --password '*' --comment 'Slipway deploys' "$login"
  fact changed "account $login"
fi
if [[ " $(id -nG "$login") " != *" $user "* ]]; then
  usermod --append --groups "$user" "$login"
  fact changed "$login in group $user"
fi
{{keys}}""",
            user=site.app.user,
            login=site.host.user,
            home=site.layout.shared,
            comment=f"Slipway app {site.app.name}",
            mark="Slipway app",
            builder=site.app.build_user,
            builder_comment=f"Slipway app {site.app.name} (builds dependencies)",
            homes=BUILDERS,
            keys=site.as_login(_keys(site)),
        ),
    )


def _keys(site: Site) -> Script:
    """Add keys to those that are there, with the modes that sshd insists on (StrictModes)."""
    return sh(
        """
login=$(id -un) file=.ssh/authorized_keys
cd ~ 2> /dev/null || fail "$login has no home folder: make it there, or set user to another name"
umask 077
strict() { [[ $(stat -c %a "$1") == "$2" ]] || { chmod "0$2" "$1"; fact changed "mode of $1 of $login"; }; }
if [[ $(find . -maxdepth 0 -perm /022) ]]; then chmod go-w .; fact changed "mode of the home of $login"; fi
[[ -d .ssh ]] || { mkdir .ssh; fact changed "folder .ssh of $login"; }
strict .ssh 700
[[ ! -e $file ]] || strict $file 600
for line in {{lines}}; do
  read -r kind key name <<< "$line"
  if ! grep -v '^ *#' $file 2> /dev/null | grep -qF -- "$kind $key"; then
    [[ ! -s $file || -z $(tail -c 1 $file) ]] || printf '\\n' >> $file
    printf '%s\\n' "$line" >> $file
    fact changed "key ${name:-$kind} for $login"
  fi
done
[[ -s $file ]] || note no-ssh-key "no key can log in as $login: make one with ssh-keygen, and provision again"
""",
        lines=list(site.authorized_keys),
    )


def sudo(site: Site) -> Step:
    """Let the deploying account act as the app's user, and as nobody else; sudo itself checks the rule first."""
    path = PurePosixPath("/etc/sudoers.d") / f"slipway-{site.app.name}"
    return Step(
        "sudo",
        "allow acting as the app's user",
        sh(
            """
if ! cmp -s -- {{path}} <(printf %s {{text}}) || [[ $(stat -c '%a %U' {{path}}) != '440 root' ]]; then
  printf %s {{text}} > {{new}}
  chmod 0440 {{new}}
  if ! said=$(visudo -cf {{new}} 2>&1); then rm -f {{new}}; fail "sudo refuses its new rule: $said"; fi
  mv -f {{new}} {{path}}
  fact changed "sudo rule"
fi""",
            path=path,
            new=f"{path}.new",  # sudo skips names with a dot
            text=site.render("sudoers.j2"),
        ),
    )
