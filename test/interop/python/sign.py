"""Signs a metadata file in place with python-tuf and securesystemslib: sign.py FILE KEY.pem

The key is one that the metadata names, by the keyid under which it names it. Fields that python-tuf does not know stay as they are.
"""

import sys

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata
from tuf.api.serialization.json import JSONSerializer


def main(path: str, pem: str) -> None:
    metadata = Metadata.from_file(path)
    with open(pem, "rb") as file:
        private = load_pem_private_key(file.read(), None)
    public = CryptoSigner(private).public_key.keyval["public"]
    key = next(key for key in metadata.signed.keys.values() if key.keyval["public"] == public)
    metadata.sign(CryptoSigner(private, key), append=True)
    metadata.to_file(path, JSONSerializer(compact=False))


main(*sys.argv[1:])
