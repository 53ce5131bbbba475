"""Parameters by hand: copied by the AWS CLI from region to region, without a value on the screen or on paper. Pure.

https://docs.aws.amazon.com/cli/latest/reference/ssm/put-parameter.html; a value goes from one command to the other
through a pipe (`--cli-input-json file:///dev/stdin`), where no list of processes shows it.
"""

from dr_core.aws.cli import Raw, answer, asked, aws

_NAME = Raw('"$name"')
_ITSELF = "Parameter.{Name: Name, Value: Value, Type: Type}"


def names(path: str, region: str) -> tuple[str, ...]:
    """Print the names at and under the path."""
    under = aws(
        "ssm", "get-parameters-by-path", "--path", path.rstrip("/") or "/", "--recursive",
        *asked("Parameters[].[Name]"), region=region,
    )  # fmt: skip
    if path.endswith("/"):
        return (under,)
    return (under, aws("ssm", "get-parameters", "--names", path, *asked("Parameters[].[Name]"), region=region))


def copy(path: str, source: str, target: str) -> str:
    """A loop over the names: what differs is written to the target with its type, its tier and the key's name there."""
    kept: tuple[str | Raw, ...] = ("--name", _NAME, "--with-decryption", *asked("Parameter.[Type, Value]"))
    described = aws(
        "ssm", "describe-parameters", "--parameter-filters", Raw('"Key=Name,Values=$name"'),
        *asked("Parameters[0].[Tier, KeyId]"), region=source,
    )  # fmt: skip
    read = aws("ssm", "get-parameter", "--name", _NAME, "--with-decryption", "--query", _ITSELF, region=source)
    write = aws(
        "ssm", "put-parameter", "--overwrite", Raw('"$@"'), "--cli-input-json", "file:///dev/stdin", region=target
    )
    lines = (
        f"for name in $({'; '.join(names(path, source))}); do",
        f"  here={answer(aws('ssm', 'get-parameter', *kept, region=source))}",
        f"  there={answer(aws('ssm', 'get-parameter', *kept, region=target) + ' 2>/dev/null')}",
        '  [ "$here" = "$there" ] && continue',
        f"  read -r tier key <<< {answer(described)}",
        '  case "$key" in',
        "    None) set -- ;;",
        '    *:alias/*) set -- --key-id "alias/${key#*:alias/}" ;;',
        '    alias/*) set -- --key-id "$key" ;;',
        '    mrk-*|*/mrk-*) set -- --key-id "${key##*/}" ;;',
        f'    *) echo "$name: its key exists only in {source}; not copied"; continue ;;',
        "  esac",
        '  [ "$tier" != Advanced ] || set -- "$@" --tier Advanced',
        f'  {read} --output json | {write} > /dev/null && echo "$name copied"',
        "done",
    )
    return "\n".join(lines)
