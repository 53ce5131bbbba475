"""ECS services and Auto Scaling groups over time."""

import pytest

HELD = dict.fromkeys(("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), True)
TARGET = {"ServiceNamespace": "ecs", "ResourceId": "service/shop/api", "ScalableDimension": "ecs:service:DesiredCount"}


def service(stage, region):
    return stage.aws("ecs", region).describe_services(cluster="shop", services=["api"])["services"][0]


def counts(stage, region):
    found = service(stage, region)
    return found["desiredCount"], found["runningCount"], found["pendingCount"]


def scale(stage, region, count):
    return stage.aws("ecs", region).update_service(cluster="shop", service="api", desiredCount=count)["service"]


def test_tasks_take_their_time_to_start_and_to_stop(play):
    stage = play()
    assert counts(stage, "eu-central-1") == (4, 4, 0)
    assert counts(stage, "eu-west-1") == (1, 1, 0)
    answer = scale(stage, "eu-west-1", 4)
    assert (answer["desiredCount"], answer["runningCount"]) == (4, 1)
    stage.advance(50)
    assert counts(stage, "eu-west-1") == (4, 1, 3)
    stage.advance(15)
    assert counts(stage, "eu-west-1") == (4, 4, 0)
    assert stage.app()["running"] == {"eu-central-1": 4, "eu-west-1": 4}
    scale(stage, "eu-central-1", 0)
    stage.advance(11)
    assert counts(stage, "eu-central-1") == (0, 0, 0)


def test_short_capacity_keeps_the_running_count_and_says_so_until_it_is_back(play):
    stage = play()
    fault = stage.world.add_fault("capacity_short", region="eu-west-1")
    scale(stage, "eu-west-1", 4)
    stage.advance(120)
    assert counts(stage, "eu-west-1") == (4, 1, 3)
    assert "unable to place a task" in service(stage, "eu-west-1")["events"][0]["message"]
    stage.world.remove_fault(fault)
    stage.advance(61)
    assert counts(stage, "eu-west-1") == (4, 4, 0)


def test_groups_grow_in_time_too(play, shop):
    stage = play({"shop": {**shop, "capacity": [{"autoscaling": {"group": "workers", "active": 3, "standby": 1}}]}})
    client = stage.aws("autoscaling", "eu-west-1")
    client.set_desired_capacity(AutoScalingGroupName="workers", DesiredCapacity=3)

    def states():
        group = client.describe_auto_scaling_groups(AutoScalingGroupNames=["workers"])["AutoScalingGroups"][0]
        return sorted(instance["LifecycleState"] for instance in group["Instances"])

    assert states() == ["InService", "Pending", "Pending"]
    stage.advance(61)
    assert states() == ["InService"] * 3
    assert stage.app()["running"]["eu-west-1"] == 3


def test_an_unknown_service_is_refused_by_ecs_itself(play):
    stage = play()
    ecs = stage.aws("ecs", "eu-west-1")
    with pytest.raises(ecs.exceptions.ServiceNotFoundException):
        ecs.update_service(cluster="shop", service="nobody", desiredCount=1)


@pytest.mark.parametrize(("suspended", "later"), [(False, (4, 4, 0)), (True, (0, 0, 0))])
def test_a_policy_brings_a_service_back_to_its_least_unless_it_is_suspended(play, suspended, later):
    stage = play()
    if suspended:
        stage.aws("application-autoscaling", "eu-central-1").register_scalable_target(**TARGET, SuspendedState=HELD)
    scale(stage, "eu-central-1", 0)
    stage.advance(30)
    assert counts(stage, "eu-central-1") == (0, 0, 0)
    stage.advance(120)
    assert counts(stage, "eu-central-1") == later


@pytest.mark.parametrize(("process", "running"), [(None, 1), ("AlarmNotification", 0), ("Launch", 0)])
def test_a_policy_fills_an_empty_group_unless_it_may_not_act_or_nothing_may_launch(play, shop, process, running):
    stage = play({"shop": {**shop, "capacity": [{"autoscaling": {"group": "workers", "active": 3, "standby": 1}}]}})
    client = stage.aws("autoscaling", "eu-central-1")
    if process:
        client.suspend_processes(AutoScalingGroupName="workers", ScalingProcesses=[process])
    client.update_auto_scaling_group(AutoScalingGroupName="workers", MinSize=0, DesiredCapacity=0)
    stage.advance(200)
    assert stage.app()["running"]["eu-central-1"] == running
    client.resume_processes(AutoScalingGroupName="workers")
    stage.advance(200)
    assert stage.app()["running"]["eu-central-1"] == 1


def test_a_group_takes_no_size_outside_its_bounds(play, shop):
    stage = play({"shop": {**shop, "capacity": [{"autoscaling": {"group": "workers", "active": 3, "standby": 1}}]}})
    client = stage.aws("autoscaling", "eu-central-1")
    for wanted in (2, 7):
        with pytest.raises(client.exceptions.ClientError, match="AutoScalingGroup"):
            client.set_desired_capacity(AutoScalingGroupName="workers", DesiredCapacity=wanted)
    with pytest.raises(client.exceptions.ClientError, match="min bound"):
        client.update_auto_scaling_group(AutoScalingGroupName="workers", MinSize=9)
