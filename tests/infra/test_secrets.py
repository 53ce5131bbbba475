"""Secrets: made in the primary, copied to each standby with a key of that region, and without a value in a template."""

from dr_core.topology.deployment import master_secret
from tests.infra.synthesized import Assembly

KIND = "AWS::SecretsManager::Secret"


def test_every_secret_of_the_topology_has_a_copy_in_each_standby_under_a_key_of_that_region(each: Assembly) -> None:
    for owner, app in each.config.applications.items():
        template = each.templates.get(f"{owner}-secrets-{app.primary}")
        made = {one["Properties"]["Name"]: one["Properties"] for one in template.of(KIND).values()} if template else {}
        assert set(app.secrets) <= set(made)
        for properties in made.values():
            copies = {copy["Region"]: str(copy["KmsKeyId"]) for copy in properties["ReplicaRegions"]}
            assert list(copies) == list(app.standby)
            assert all(f"arn:aws:kms:{region}:" in key for region, key in copies.items())


def test_no_template_holds_a_value(each: Assembly) -> None:
    for _, _, properties in each.of(KIND):
        assert "SecretString" not in properties
    for kind in ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance"):
        for _, _, properties in each.of(kind):
            password = properties.get("MasterUserPassword")
            assert password is None or "{{resolve:secretsmanager:" in str(password)


def test_a_databases_password_is_made_by_secrets_manager_without_what_rds_refuses(each: Assembly) -> None:
    for owner, app in each.config.applications.items():
        if app.database is None:
            continue
        name = master_secret(owner, each.config.built(owner).engine)
        [made] = [one for _, _, one in each.of(KIND) if one["Name"] == name]
        rule = made["GenerateSecretString"]
        assert rule["GenerateStringKey"] == "password"
        assert set('/@" ') <= set(rule["ExcludeCharacters"])
        assert "host" not in rule["SecretStringTemplate"]  # a host of one region would stand in every copy


def test_a_secret_without_a_value_is_told_to_people(each: Assembly) -> None:
    for owner, app in each.config.applications.items():
        told = each.templates[f"{owner}-keys-{app.primary}"].body["Metadata"].get("dr:left-to-people", {})
        empty = {one["Name"] for _, _, one in each.of(KIND) if "GenerateSecretString" not in one}
        for index, name in enumerate(app.secrets):
            assert (f"applications.{owner}.secrets.{index}" in told) == (name in empty)
