"""What goes wrong on this machine, told in one line."""


class LocalError(Exception):
    """A local part could not be started or stopped; the message is one line that names the remedy.

    `log` holds the last lines of the part's own log, where it has one.
    """

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message)
        self.log = log
