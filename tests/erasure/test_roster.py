"""Proofs that a leaf is missing in a sorted Merkle tree."""

from hashlib import sha256
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.erasure.errors import ReceiptInvalid, StillListed
from creatorvault.erasure.roster import Absence, Leaves, Neighbour, check_absence, leaf_of, prove_absence


def leaf(number: int) -> bytes:
    return number.to_bytes(1) * 32


def leaves(*numbers: int) -> Leaves:
    found = Leaves()
    for number in numbers:
        found.add(leaf(number))
    return found


def root_of(level: list[bytes]) -> bytes:
    """The definition of RFC 9162 §2.1.1, which is recursive."""
    if not level:
        return sha256(b"").digest()
    if len(level) == 1:
        return sha256(b"\0" + level[0]).digest()
    half = 1 << ((len(level) - 1).bit_length() - 1)
    return sha256(b"\1" + root_of(level[:half]) + root_of(level[half:])).digest()


@given(st.sets(st.integers(0, 255)), st.integers(0, 255))
def test_every_missing_leaf_has_a_proof(numbers: set[int], target: int) -> None:
    numbers -= {target}

    proof = prove_absence(leaves(*numbers), leaf(target))

    check_absence(proof, leaf(target))
    assert proof.root == root_of([leaf(number) for number in sorted(numbers)])
    assert proof.size == len(numbers)


@pytest.mark.parametrize("size", range(1, 20))
def test_a_leaf_that_is_there_has_no_proof(size: int) -> None:
    with pytest.raises(StillListed):
        prove_absence(leaves(*range(size)), leaf(size // 2))


@pytest.mark.parametrize("size", range(1, 20))
@pytest.mark.parametrize("target", [0, 20, 40, 255])
def test_a_proof_of_another_leaf_or_of_another_tree_is_refused(size: int, target: int) -> None:
    numbers = [number * 2 + 1 for number in range(size)]
    proof = prove_absence(leaves(*numbers), leaf(target))
    others = [
        proof._replace(root=bytes(32)),
        proof._replace(size=0),
        proof._replace(neighbours=[]),
        proof._replace(neighbours=[*proof.neighbours, *proof.neighbours]),
        proof._replace(neighbours=[each._replace(place=each.place + 1) for each in proof.neighbours]),
        proof._replace(neighbours=[each._replace(place=-1) for each in proof.neighbours]),
        proof._replace(neighbours=[each._replace(path=[*each.path, bytes(32)]) for each in proof.neighbours]),
        proof._replace(neighbours=[each._replace(leaf=bytes(32)) for each in proof.neighbours]),
        proof._replace(neighbours=list(reversed(proof.neighbours)) if len(proof.neighbours) > 1 else []),
    ]
    for other in others:
        with pytest.raises(ReceiptInvalid):
            check_absence(other, leaf(target))
    for listed in numbers:
        with pytest.raises(ReceiptInvalid):
            check_absence(proof, leaf(listed))


def test_an_empty_roster_has_one_root() -> None:
    check_absence(prove_absence(Leaves(), leaf(1)), leaf(1))

    with pytest.raises(ReceiptInvalid):
        check_absence(Absence(0, bytes(32), []), leaf(1))


def test_an_inner_neighbour_alone_proves_nothing() -> None:
    proof = prove_absence(leaves(1, 3, 5), leaf(4))
    (inner,) = (each for each in proof.neighbours if each.place == 1)

    with pytest.raises(ReceiptInvalid):
        check_absence(proof._replace(neighbours=[inner]), leaf(4))
    with pytest.raises(ReceiptInvalid):
        check_absence(Absence(1, proof.root, [Neighbour(0, leaf(1), [])]), leaf(4))


def test_a_leaf_reveals_no_id_and_depends_on_each_part() -> None:
    tenant, key = TenantId(uuid4()), bytes(32)
    vault = VaultId(tenant, UserId("ada"))

    assert leaf_of(key, vault) == leaf_of(key, vault)
    assert (
        len({leaf_of(key, vault), leaf_of(b"x" * 32, vault), leaf_of(key, vault._replace(user_id=UserId("bob")))}) == 3
    )
