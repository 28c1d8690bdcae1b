"""Certificates for the TLS tests, made by openssl: CAs, and certificates that they sign. They live as long as the test."""
import shutil
import subprocess

import harness

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]


class Authority:
    """A CA. All have the same name, so that a certificate's issuer alone does not tell one from another."""

    def __init__(self, folder, name):
        self.folder = harness.world.folder / folder
        self.folder.mkdir(exist_ok=True)
        self.certificate = self.folder / f"{name}.pem"
        self.key = self.folder / f"{name}.key"
        openssl("req", "-x509", *KEY, "-nodes", "-subj", "/CN=flambeau test CA", "-days", "2", "-keyout", self.key,
                "-out", self.certificate)

    def sign(self, name, alternatives, days=2, passphrase=None):
        """A certificate for what `alternatives` says, "DNS:localhost,IP:::1", and its key."""
        made = Certificate(self.folder, name)
        request = self.folder / f"{name}.csr"
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={alternatives}\n")
        secret = ["-passout", f"pass:{passphrase}"] if passphrase else ["-nodes"]
        openssl("req", *KEY, *secret, "-subj", f"/CN={name}", "-keyout", made.key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                "-days", days, "-extfile", extensions, "-out", made.certificate)
        return made


class Certificate:
    def __init__(self, folder, name):
        self.certificate = folder / f"{name}.pem"
        self.key = folder / f"{name}.key"

    def together(self):
        """The certificate and its key in one file."""
        path = self.certificate.with_suffix(".both.pem")
        path.write_text(self.certificate.read_text() + self.key.read_text())
        return path

    def options(self):
        return ["--cert", self.certificate, "--key", self.key]


def node_flags(name, certificate, authority, inside, version=None, client_needed=False, dist="inet_tls"):
    """Flags for erl: this certificate, and which the other side must have. `inside`: the paths as the root sees them."""
    def see(path):
        return harness.world.inside / path.relative_to(harness.world.folder) if inside else path

    own = f'{{certfile,"{see(certificate.certificate)}"}},{{keyfile,"{see(certificate.key)}"}}'
    versions = f",{{versions,['{version}']}}" if version else ""
    needed = f',{{cacertfile,"{see(authority.certificate)}"}},{{verify,verify_peer}},{{fail_if_no_peer_cert,true}}'
    path = certificate.certificate.parent / f"{name}.options"
    path.write_text(f"[{{server,[{own}{versions}{needed if client_needed else ''}]}},"
                    f"{{client,[{own}{versions},{{verify,verify_none}}]}}].\n")
    return f"-proto_dist {dist} -ssl_dist_optfile {see(path)}"


def openssl(*words):
    done = subprocess.run([shutil.which("openssl"), *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"openssl {words}: {done.stderr}")
