"""The errors a person may see: one sentence that names the table, the file or the option, and what to do."""


class IolausError(Exception):
    """The command failed; the last published night is untouched (exit code 1)."""

    exit_code = 1


class UsageError(IolausError):
    """The command was called wrongly: a missing option, key, folder or date (exit code 2)."""

    exit_code = 2


class QualityRefusal(IolausError):  # noqa: N818 - a refusal is the intended outcome, not an error
    """A critical data-quality check failed, so nothing was published (exit code 3)."""

    exit_code = 3
