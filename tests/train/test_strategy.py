"""A TPU that does not answer is named, with what to do about that kind of name."""

import pytest
import tensorflow as tf

from naive_student_tf.train import strategy

TWO = "grpc://10.0.0.2:8470,grpc://10.0.0.3:8470"


def test_of_a_slice_addresses_are_enough_and_nobody_is_asked_for_them():
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver(TWO)
    hosts = resolver.cluster_spec().as_dict()
    assert hosts == {"worker": ["10.0.0.2:8470", "10.0.0.3:8470"]}
    assert resolver.master() == "grpc://10.0.0.2:8470"


def test_they_may_stand_in_the_environment(monkeypatch):
    monkeypatch.setenv("TPU_NAME", TWO)
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver(None)
    assert resolver.cluster_spec().num_tasks("worker") == 2


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("local", "Install requirements-tpu.txt"),
        (TWO, "server of a -pod- image"),
        ("naive-student", "give the addresses of all hosts"),
        (None, "give the addresses of all hosts"),
    ],
)
def test_the_advice_is_for_the_kind_of_name(monkeypatch, name, advice):
    def refuse(*_):
        raise tf.errors.UnavailableError(None, None, "nobody there")

    monkeypatch.delenv("TPU_NAME", raising=False)
    monkeypatch.setattr(tf.config, "experimental_connect_to_cluster", refuse)
    with pytest.raises(RuntimeError, match=rf"No TPU '{name or ''}' answers.*{advice}"):
        strategy.tpu(name, zone="a", project="b")
