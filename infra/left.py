"""What `dr.yaml` declares and only people can give: values, and what stands outside of the account or regions. Pure."""

from collections.abc import Iterator

from dr_core.topology.deployment import master_secret
from infra.config import Config
from infra.left_running import what_runs
from infra.sharing import Named, made_by

Left = Iterator[tuple[str, str]]
"""(path in `dr.yaml`, why) of each."""


def of_application(config: Config, name: str) -> Left:
    """Of an application that is deployed."""
    yield from _elsewhere(config, name)
    yield from _values(config, name)
    yield from _shared(config, name)
    yield from what_runs(name, config.applications[name])


def _elsewhere(config: Config, name: str) -> Left:
    """What stands already, or is another account's."""
    app, base = config.applications[name], f"applications.{name}"
    for index, key in enumerate(app.keys):
        if is_key_id(key):
            yield f"{base}.keys.{index}", f"{key} is the id of a key that exists already"
    for index, secret in enumerate(app.secrets):
        if is_arn(secret):
            yield f"{base}.secrets.{index}", f"{secret} is a secret that exists already"
    for index, storage in enumerate(app.storage):
        role = storage.s3.batch_role_arn if storage.s3 else None
        if role and account_of(role) != config.deployment.account:
            yield f"{base}.storage.{index}", f"{role} belongs to another account"


def _values(config: Config, name: str) -> Left:
    app, base = config.applications[name], f"applications.{name}"
    databases = [one for one, other in config.applications.items() if other.database]
    masters = {master_secret(one, config.built(one).engine) for one in databases}
    for index, secret in enumerate(app.secrets):
        if secret not in masters and not is_arn(secret):
            why = f"{secret} is made without a value: put one in {config.home(name)}, and it is copied by itself"
            yield f"{base}.secrets.{index}", why
    for index, path in enumerate(app.parameters.paths):
        why = f"what stands below {path} is yours: put it in {app.primary}; `dr deploy sync` copies it to the others"
        yield f"{base}.parameters.paths.{index}", why
    for index, flags in enumerate(app.parameters.appconfig):
        why = f"{flags.profile} is made without content: deploy the same version of it in each region"
        yield f"{base}.parameters.appconfig.{index}", why
    if app.release:
        why = f"{app.release.pointer} says which colour serves: put one of them, the same in each region"
        yield f"{base}.release.pointer", why
    for index, table in made_by(config, name, lambda _, one: [each.value.table for each in one.tables]):
        if table not in config.built(name).tables:
            why = f"its key becomes `id`, for ever: say otherwise under deployment.applications.{name}.tables"
            yield f"{base}.tables.{index}", why


def _shared(config: Config, name: str) -> Left:
    """What an application before it makes, in the regions of that one alone."""
    app = config.applications[name]
    named: dict[str, Named] = {
        "secrets": lambda _, one: one.secrets,
        "keys": lambda _, one: one.keys,
        "cache": lambda _, one: [each.value.group for each in one.cache],
        "tables": lambda _, one: [each.value.table for each in one.tables],
    }
    for part, of in named.items():
        mine = {index for index, _ in made_by(config, name, of)}
        for index, thing in enumerate(of(name, app)):
            if index in mine:
                continue
            maker = next(one for one, other in config.applications.items() if thing in of(one, other))
            missing = [region for region in app.regions if region not in config.applications[maker].regions]
            if missing:
                yield (
                    f"applications.{name}.{part}.{index}",
                    f"{maker} has {thing}, too, and not in {', '.join(missing)}",
                )


def of_house(config: Config) -> Left:
    """Buckets in regions where nothing of ours stands."""
    topology = config.topology
    found = [(f"audit.anchors.{index}", one.region) for index, one in enumerate(topology.audit.anchors)]
    found += [(f"runbook.buckets.{index}", one.region) for index, one in enumerate(topology.runbook.buckets)]
    for path, region in found:
        if region not in config.regions:
            yield path, f"no stack stands in {region}: neither an application lives there nor the bot"


def is_key_id(name: str) -> bool:
    """Whether it names a key itself, and no alias."""
    return name.startswith("mrk-") or is_arn(name)


def is_arn(name: str) -> bool:
    return name.startswith("arn:")


def account_of(arn: str) -> str:
    return arn.split(":")[4]
