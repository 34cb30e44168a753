"""What the README promises, and the tests that hold it."""

import re
from pathlib import Path

import pytest

import pluginhub
from tests.evidence import is_there

README = (Path(pluginhub.__file__).parent.parent / "README.md").read_text(encoding="utf-8")

_CRASHES = "crash/test_sweep.py::test_every_crash_is_survived"
_CUTS = "crash/test_sweep.py::test_every_power_cut_is_survived"
PROMISES = {
    "I1": [
        _CRASHES,
        _CUTS,
        "lifecycle/test_publish.py::test_the_files_lie_where_the_release_says_with_the_bytes_of_the_bundle",
        "database/test_migrations.py::test_the_schema_refuses",
        "database/test_releases.py::test_an_installed_release_is_not_removed",
        "care/test_unused.py::test_an_install_at_the_same_moment_never_finds_a_hole",
        "care/test_verify.py::test_a_release_that_is_not_as_published_is_quarantined",
        "web/files/test_serve.py::test_what_is_not_the_file_that_was_published_is_not_served",
    ],
    "I2": [
        _CRASHES,
        _CUTS,
        "races/test_writers.py::test_nothing_that_was_acknowledged_is_lost",
        "database/test_connection.py::test_no_acknowledged_write_of_200_writers_is_lost",
        "database/test_connection.py::test_both_connections_have_the_durable_settings",
        "storage/test_shared.py::test_everything_is_on_the_disk_before_the_rename_and_the_name_after_it",
        "lifecycle/test_job_runner.py::test_an_upload_that_was_acknowledged_survives_a_kill",
        "test_app.py::test_everything_survives_a_restart",
        "test_app.py::test_a_database_that_was_lost_is_not_begun_anew",
    ],
    "I3": [
        "lifecycle/test_publish.py::test_the_same_bytes_again_are_the_same_release",
        "lifecycle/test_publish.py::test_other_bytes_are_refused_and_the_first_ones_stay",
        "care/test_unused.py::test_the_same_bytes_come_back_and_others_do_not",
        "storage/test_tree.py::test_a_file_is_created_read_only_with_its_directories",
    ],
    "I4": [
        _CRASHES,
        "races/test_scenarios.py::test_it_is_well_in_every_order",
        "database/test_connection.py::test_a_cancellation_at_any_await_leaves_all_or_nothing",
        "lifecycle/test_perform.py::test_of_a_plan_with_several_steps_all_are_carried_out_or_none",
        "lifecycle/test_publish.py::test_a_rename_that_fails_leaves_no_row_and_no_directory",
        "lifecycle/test_update.py::test_a_hook_that_fails_leaves_the_user_on_the_old_release",
        "web/api/test_publishing.py::test_whatever_is_wrong_with_an_archive_leaves_nothing",
        "web/compat/test_install.py::test_a_release_whose_hook_fails_is_taken_back",
    ],
    "I5": [
        "races/test_scenarios.py::test_it_is_well_in_every_order",
        "care/test_cleanup.py::test_a_release_goes_after_its_retention_and_the_newest_stays",
        "care/test_cleanup.py::test_a_release_that_somebody_has_or_can_go_back_to_stays",
        "care/test_cleanup.py::test_a_clock_that_jumps_makes_nothing_old",
        "care/test_unused.py::test_what_may_be_running_stays",
        "care/test_unused.py::test_a_release_that_somebody_got_meanwhile_stays",
        "web/files/test_serve.py::test_open_pages_load_the_old_release_for_the_grace_period",
        "web/files/test_serve.py::test_a_file_that_is_deleted_while_it_is_sent_arrives_whole",
    ],
    "I6": [
        "test_sharing.py::test_300_users_of_5_plugins_share_10_directories",
        "lifecycle/test_publish.py::test_twenty_publications_of_one_bundle_make_one_release",
        "lifecycle/test_install.py::test_many_users_share_one_release",
        "managers/test_registry.py::test_a_manager_is_loaded_once_for_a_hundred",
    ],
    "I7": [
        "web/api/test_developing.py::test_nothing_tells_others_of_it",
        "web/test_routing.py::test_what_is_somebody_elses_answers_as_what_does_not_exist",
        "web/test_routing.py::test_nobody_can_tell_by_any_address_who_has_what",
        "web/test_routing.py::test_a_user_cannot_tell_by_any_address_who_else_there_is",
        "web/api/test_events.py::test_users_hear_nothing_of_others_and_admins_hear_everything",
        "web/files/test_serve.py::test_another_user_is_refused_as_if_there_were_no_such_plugin",
        "web/compat/test_frontend.py::test_two_users_of_one_plugin_never_meet",
        "accounts/test_passwords.py::test_an_account_without_password_costs_as_much_as_a_wrong_password",
    ],
    "I8": [
        "storage/test_bundle.py::test_a_bundle_is_refused_for_its_names",
        "storage/test_bundle.py::test_no_known_way_out_of_a_directory_leads_anywhere",
        "storage/test_bundle.py::test_modes_in_a_tar_mean_nothing",
        "storage/test_tree.py::test_a_link_on_the_way_is_not_followed",
        "web/compat/test_acceptance.py::test_10_nothing_that_is_sent_reaches_outside_of_the_storage",
    ],
    "I9": [
        "lifecycle/test_develop.py::test_what_a_crash_left_goes_with_the_next_save",
        _CRASHES,
        "care/test_reconcile.py::test_everything_is_found_at_once_and_again_at_the_next_start",
        "care/test_reconcile.py::test_strays_are_named_and_kept",
        "care/test_reconcile.py::test_releases_without_files_are_named",
        "cli/test_serve.py::test_after_a_kill_the_next_start_works_and_commands_do_not_use_the_old_note",
        "lifecycle/test_job_runner.py::test_a_download_that_a_kill_interrupts_is_begun_again",
        "managers/test_fork_server.py::test_nothing_outlives_a_server_that_is_killed",
    ],
    "I10": [
        "managers/test_abuse.py::test_a_hook_that_ends_badly_fails_alone",
        "managers/test_abuse.py::test_a_hook_that_does_not_end_is_ended",
        "managers/test_abuse.py::test_what_is_not_the_hooks_is_out_of_reach",
        "managers/test_circuit.py::test_two_users_who_fail_do_not_stop_a_third",
        "web/api/test_installations.py::test_a_hook_that_asks_this_server_for_something_stops_nobody",
    ],
}


def test_every_promise_of_the_readme_has_its_tests() -> None:
    section = README.partition("\n## Promises\n")[2].partition("\n## ")[0]
    promised = re.findall(r"^\* \*\*(I\d+)\*\* \S", section, re.MULTILINE)
    assert promised == [f"I{number}" for number in range(1, 11)] == [*PROMISES]


@pytest.mark.parametrize("promise", PROMISES)
def test_the_tests_of_a_promise_are_there(promise: str) -> None:
    assert [name for name in PROMISES[promise] if not is_there(f"tests/{name}")] == []
    assert PROMISES[promise]
