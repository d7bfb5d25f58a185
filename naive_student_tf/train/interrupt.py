"""SIGTERM, which a machine that is about to be taken away sends to its processes, and
SIGHUP, which they get when the terminal or the connection that started them is gone.

Python runs signal handlers between two of its own instructions, so none runs while
the main thread is inside a device loop of minutes. The interpreter's wakeup socket
is written to at once; a thread that reads it sets a variable, which the device loop
reads after every step.
"""

import contextlib
import errno
import os
import signal
import socket
import termios
import threading

import tensorflow as tf
from tensorflow.python.eager import context, executor

_SIGNALS = {signal.SIGTERM, signal.SIGHUP}


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
def on_request():
    """Within it SIGTERM and SIGHUP do nothing but set the flag that it yields.

    A SIGHUP that is ignored, as under nohup, goes on being ignored. In a thread other
    than the main one, which Python allows no handlers, both keep their meaning.
    """
    flag = Flag()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    thread = threading.Thread(target=_listen, args=(reader, flag), daemon=True)
    thread.start()
    before = {
        number: signal.signal(number, lambda *_: None)
        for number in _SIGNALS
        if signal.getsignal(number) != signal.SIG_IGN
    }
    wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield flag
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        writer.close()  # ends the thread
        thread.join()
        reader.close()


def _listen(reader, flag):
    while numbers := reader.recv(64):
        for number in _SIGNALS & set(numbers):
            _mute_what_is_gone()
            with _out_of_turn():
                flag.set()
            name = signal.Signals(number).name
            print(f"{name}: saving after the step that is running.", flush=True)


def _mute_what_is_gone():
    """Output to a terminal that has hung up would be an error: it goes nowhere."""
    for descriptor in (1, 2):
        try:
            termios.tcgetattr(descriptor)
        except termios.error as error:
            if error.args[0] == errno.EIO:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, descriptor)
                os.close(nowhere)


def _out_of_turn():
    """What a thread does in it need not wait for the device loop of the main one.

    A server (of a TPU slice) does what it is sent in order, so that the flag would be
    set after all steps of the loop. TensorFlow's own checkpoints are written behind a
    loop in the same way.
    """
    own = executor.new_executor(enable_async=False, enable_streaming_enqueue=False)
    return context.executor_scope(own)
