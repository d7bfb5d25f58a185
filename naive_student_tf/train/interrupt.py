"""SIGTERM, which a machine that is about to be taken away sends to its processes.

Python runs signal handlers between two of its own instructions, so none runs while
the main thread is inside a device loop of minutes. The interpreter's wakeup socket
is written to at once; a thread that reads it sets a variable, which the device loop
reads after every step.
"""

import contextlib
import signal
import socket
import threading

import tensorflow as tf
from tensorflow.python.eager import context, executor


class Preempted(KeyboardInterrupt):
    """The run was asked to stop, and has saved all it has done."""


class Flag:
    """Whether to stop; may be set and read anywhere, also inside a graph."""

    def __init__(self):
        with tf.device("CPU:0"):
            self._value = tf.Variable(False, trainable=False)

    def set(self):
        self._value.assign(True)

    def is_set(self):
        """bool tensor."""
        return self._value.read_value()


@contextlib.contextmanager
def on_sigterm():
    """Within it SIGTERM does nothing but set the flag that it yields.

    In a thread other than the main one, which Python allows no handlers, SIGTERM
    keeps its meaning.
    """
    flag = Flag()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    thread = threading.Thread(target=_listen, args=(reader, flag), daemon=True)
    thread.start()
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield flag
    finally:
        signal.set_wakeup_fd(wakeup)
        signal.signal(signal.SIGTERM, before)
        writer.close()  # ends the thread
        thread.join()
        reader.close()


def _listen(reader, flag):
    while numbers := reader.recv(64):
        if signal.SIGTERM in numbers:
            print("SIGTERM: saving after the step that is running.", flush=True)
            with _out_of_turn():
                flag.set()


def _out_of_turn():
    """What a thread does in it need not wait for the device loop of the main one.

    A server (of a TPU slice) does what it is sent in order, so that the flag would be
    set after all steps of the loop. TensorFlow's own checkpoints are written behind a
    loop in the same way.
    """
    own = executor.new_executor(enable_async=False, enable_streaming_enqueue=False)
    return context.executor_scope(own)
