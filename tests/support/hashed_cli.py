"""The command line with the hash embedder in place of the model: `python -m tests.support.hashed_cli ARGUMENTS`."""

from app.cli import main
from flows.workshop import Workshop
from tests.support.hash_embedder import HashDense

if __name__ == "__main__":
    # An attribute of the class is found where the cached property was.
    Workshop.dense = HashDense(window=256)  # type: ignore[assignment, method-assign]
    main()
