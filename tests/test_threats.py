"""What may be tried against the server, and where it is shown that it fails.

A row names an attack, and the tests that carry it out; where something cannot happen, the module
concerned says why. ``tests/test_promises.py`` does the same for what the README promises.
"""

from typing import NamedTuple

import pytest

from tests.evidence import is_there

NUMBERS = {"A": 10, "W": 13, "P": 12, "Z": 18, "U": 6, "S": 8, "D": 10, "H": 10, "X": 14}
IDS = {f"{group}{number}" for group, last in NUMBERS.items() for number in range(1, last + 1)}

# Rows, or the rest of rows, for which there is no test yet.


class Row(NamedTuple):
    """An attack or a fault, in a few words, and the evidence."""

    what: str
    evidence: tuple[str, ...]


def row(what: str, *evidence: str) -> Row:
    """Return a row; what does not begin with the package's name is a test below ``tests/``."""
    here = (name if name.startswith("pluginhub/") else f"tests/{name}" for name in evidence)
    return Row(what, tuple(here))


WHO = {
    "A1": row(
        "guessing passwords",
        "accounts/test_limits.py::test_ten_failures_shut_an_address_out_until_the_first_is_a_quarter_old",
        "accounts/test_limits.py::test_who_guesses_does_not_keep_the_owner_of_the_account_out",
        "accounts/test_limits.py::test_attempts_at_the_same_moment_count",
        "accounts/test_limits.py::test_the_memory_is_bounded_and_what_is_in_use_stays",
        "web/compat/test_auth.py::test_ten_wrong_passwords_shut_an_address_out_for_a_while",
        "web/compat/test_users.py::test_a_password_is_not_guessed_at_an_open_page",
    ),
    "A2": row(
        "sign-ins that eat the processor",
        "accounts/test_passwords.py::test_two_are_computed_at_once_and_no_more",
        "accounts/test_passwords.py::test_a_flood_is_refused_and_leaves_no_trace",
        "web/compat/test_auth.py::test_a_flood_of_sign_ins_is_refused_and_everybody_else_is_served",
    ),
    "A3": row(
        "finding out which accounts there are",
        "accounts/test_passwords.py::test_an_account_without_password_costs_as_much_as_a_wrong_password",
        "web/compat/test_auth.py::test_wrong_password_and_unknown_user_cannot_be_told_apart",
        "web/test_routing.py::test_a_user_cannot_tell_by_any_address_who_else_there_is",
    ),
    "A4": row(
        "a stolen database file",
        "web/compat/test_auth.py::test_nothing_that_signs_in_is_kept_in_the_data_directory",
        "accounts/test_sessions.py::test_the_database_holds_only_hashes",
        "accounts/test_api_tokens.py::test_only_its_hash_is_kept",
        "web/test_idempotency.py::test_neither_key_nor_request_can_be_read_from_the_database",
        "web/api/test_webhooks.py::test_the_secret_is_the_same_after_a_restart_and_lies_in_no_row",
    ),
    "A5": row(
        "the time that a comparison takes",
        "database/test_tokens.py::test_a_token_is_found_by_its_hash_with_its_user",
        "pluginhub/accounts/sessions.py: nobody can choose a hash",
    ),
    "A6": row(
        "tokens in addresses and logs",
        "web/test_auth.py::test_a_token_in_the_address_is_not_read",
        "web/test_access_log.py::test_no_secret_is_in_any_line_of_the_log",
        "web/test_server_log.py::test_a_request_that_is_not_http_leaves_no_bytes_in_the_log",
        "web/files/test_serve.py::test_the_headers_of_a_file",
        "web/test_static.py::test_a_page_of_this_server_is_in_no_frame_and_tells_nobody_where_it_was",
    ),
    "A7": row(
        "a session that was planted",
        "web/compat/test_auth.py::test_a_cookie_that_somebody_else_planted_is_not_taken_over",
        "web/compat/test_auth.py::test_a_sign_out_ends_both_tokens",
        "accounts/test_sessions.py::test_every_sign_in_is_a_session_of_its_own",
    ),
    "A8": row(
        "tokens that were taken back",
        "web/compat/test_auth.py::test_a_disabled_user_is_out_at_once_on_a_connection_that_is_open",
        "web/identity/test_proofs.py::test_a_token_ends_with_the_verb_that_takes_it_back",
        "web/identity/test_proofs.py::test_an_api_token_ends_when_it_is_revoked",
        "web/test_routing.py::test_who_is_not_signed_in_any_more_is_nobody",
        "web/api/test_events.py::test_who_signs_out_or_is_shut_out_hears_nothing_more",
    ),
    "A9": row(
        "reading or sending the cookie",
        "web/compat/test_auth.py::test_the_cookie_is_for_the_browser_alone",
        "web/compat/test_auth.py::test_over_https_the_cookie_never_travels_without",
        "web/identity/test_cookies.py::test_the_cookie_goes_where_it_came_from_and_nowhere_else",
        "pluginhub/web/identity/cookies.py: no prefix ``__Host-``",
    ),
    "A10": row(
        "passwords that are none",
        "accounts/test_passwords.py::test_a_password_that_nobody_can_have_costs_no_computation",
        "web/compat/test_auth.py::test_a_bad_body_is_the_fault_of_the_client_and_never_echoed",
    ),
}
WEB = {
    "W1": row(
        "forged requests",
        "web/identity/test_forgery.py::test_with_a_cookie_only_own_pages_change_something",
        "web/identity/test_forgery.py::test_a_form_on_a_foreign_page_is_refused_as_well",
        "web/compat/test_auth.py::test_pages_of_other_sites_neither_sign_in_nor_refresh",
        "web/test_bodies.py::test_what_a_form_of_another_site_can_send_is_refused",
    ),
    "W2": row(
        "answers read by foreign pages",
        "web/test_cors.py::test_other_pages_read_nothing",
        "web/test_cors.py::test_a_preflight_of_another_page_is_refused_without_a_hint",
        "web/test_origins.py::test_what_only_looks_like_it_is_not",
    ),
    "W3": row(
        "scripts in texts of plugins",
        "browser/test_scripts.py::test_names_descriptions_categories_and_tags_are_text",
        "browser/test_scripts.py::test_authors_and_licences_are_text",
        "browser/test_scripts.py::test_documents_modules_permissions_and_tags_are_text",
        "browser/test_scripts.py::test_configurations_and_their_schemas_are_text",
        "browser/test_scripts.py::test_what_admins_see_is_text",
        "browser/test_demo.py::test_what_a_plugin_calls_itself_is_text",
        "web/test_routing.py::test_nothing_that_is_sent_comes_back_as_a_page_or_a_header",
        "cli/test_records.py::test_nothing_that_is_printed_moves_the_cursor_or_is_read_as_markup",
    ),
    "W4": row(
        "documents of plugins",
        "browser/test_demo.py::test_a_document_of_a_plugin_cannot_act_on_this_origin",
        "web/files/test_serve.py::test_what_a_browser_would_run_gets_an_origin_of_its_own",
        "web/files/test_accel.py::test_pages_of_plugins_stay_in_their_sandbox",
        "storage/test_media_types.py::test_what_a_browser_would_run_or_render_is_active",
    ),
    "W5": row(
        "files that are taken for others",
        "web/files/test_serve.py::test_a_file_is_served_as_the_type_of_the_table_whatever_it_holds",
        "web/test_problems.py::test_every_answer_forbids_to_guess_its_type",
        "storage/test_media_types.py::test_everything_else_is_not_served",
    ),
    "W6": row(
        "a plugin that looks for tokens",
        "browser/test_demo.py::test_no_token_is_where_the_script_of_a_plugin_could_read_it",
        "web/compat/test_auth.py::test_the_cookie_is_for_the_browser_alone",
    ),
    "W7": row(
        "pages in foreign frames",
        "web/test_static.py::test_a_page_of_this_server_is_in_no_frame_and_tells_nobody_where_it_was",
    ),
    "W8": row(
        "redirects to elsewhere",
        "web/test_routing.py::test_nobody_is_sent_elsewhere",
    ),
    "W9": row(
        "names of other hosts",
        "web/test_forwarding.py::test_other_hosts_are_not_answered_for",
        "web/test_forwarding.py::test_nobody_else_is_believed",
        "web/metrics/test_show.py::test_a_proxy_on_this_machine_that_is_not_trusted_opens_them_to_nobody",
        "web/test_routing.py::test_no_address_is_made_of_the_host_that_a_client_names",
    ),
    "W10": row(
        "lines in headers",
        "web/test_routing.py::test_nothing_that_is_sent_comes_back_as_a_page_or_a_header",
        "web/test_problems.py::test_an_id_that_is_not_plain_is_replaced",
        "web/test_cors.py::test_odd_names_of_headers_are_not_repeated",
        "storage/test_bundle.py::test_a_bundle_is_refused_for_its_names",
    ),
    "W11": row(
        "requests that two servers read apart",
        "web/test_protocol.py::test_what_a_proxy_may_read_otherwise_is_refused_and_nothing_after_it_is_read",
        "web/test_protocol.py::test_what_is_said_beside_a_chunk_is_skipped_and_hides_nothing",
        "web/test_protocol.py::test_a_parser_that_reads_otherwise_than_proxies_is_refused",
        "web/api/test_publishing.py::test_what_stands_beside_chunks_does_not_make_an_upload_faster",
    ),
    "W12": row(
        "an answer that repeats what was sent",
        "web/test_protocol.py::test_what_is_not_http_is_answered_without_quoting_it",
    ),
    "W13": row(
        "caches that serve others",
        "web/test_problems.py::test_no_answer_is_for_another_user",
        "web/files/test_serve.py::test_the_headers_of_a_file",
        "web/files/test_serve.py::test_what_a_token_gives_is_asked_for_again_each_time",
        "web/compat/test_manifest.py::test_no_shared_cache_keeps_the_manifest",
    ),
}
_LEAVES = "web/files/test_serve.py::test_no_path_leaves_the_release"
PATHS = {
    **{
        number: row(what, _LEAVES, *more)
        for number, what, *more in (
            ("P1", "dots in paths", "web/test_static.py::test_no_path_leads_out_of_them"),
            ("P2", "paths encoded twice"),
            ("P3", "backslashes"),
            ("P4", "NUL and control characters"),
            ("P5", "absolute paths"),
            (
                "P6",
                "other spellings of a name",
                "database/test_release_files.py::test_files_are_found_by_their_exact_path",
            ),
            (
                "P7",
                "names that mean something on Windows",
                "storage/test_bundle.py::test_a_bundle_is_refused_for_its_names",
            ),
            (
                "P8",
                "very long paths",
                "web/files/test_serve.py::test_no_plugin_id_leaves_the_shared_storage",
            ),
            ("P9", "directories", "web/files/test_serve.py::test_a_missing_file_is_not_found"),
        )
    },
    "P10": row(
        "links in the store",
        "web/files/test_serve.py::test_what_is_not_the_file_that_was_published_is_not_served",
        "storage/test_encodings.py::test_what_somebody_put_in_the_place_of_a_variant_is_not_opened",
        "storage/test_encodings.py::test_what_a_link_leads_to_is_not_encoded",
        "storage/test_shared.py::test_what_is_not_the_published_file_is_not_opened",
    ),
    "P11": row(
        "odd ranges",
        "web/files/test_conditions.py::test_ranges_are_answered_as_nginx_answers_them",
        "web/files/test_conditions.py::test_a_range_of_another_file_is_not_answered",
    ),
    "P12": row(
        "a file that goes while it is sent",
        "web/files/test_serve.py::test_a_file_that_is_deleted_while_it_is_sent_arrives_whole",
        "web/files/test_serve.py::test_a_file_that_is_truncated_while_it_is_sent_ends_in_an_abort",
    ),
}
_NAMES = "storage/test_bundle.py::test_a_bundle_is_refused_for_its_names"
_TAR = "storage/archives/test_tar.py::test_what_is_not_in_order_is_refused"
_ZIP = "storage/archives/test_zip.py::test_what_is_not_in_order_is_refused"
_SENT = "web/api/test_publishing.py::test_whatever_is_wrong_with_an_archive_leaves_nothing"
_BOMBS = "storage/test_bundle.py::test_a_bomb_is_refused_before_a_byte_of_it_is_written"
ARCHIVES = {
    "Z1": row("names that lead out", _NAMES, _SENT),
    "Z2": row("links and special files", _TAR, _ZIP, _SENT),
    "Z3": row(
        "known ways out of a directory",
        "storage/test_bundle.py::test_no_known_way_out_of_a_directory_leads_anywhere",
    ),
    "Z4": row(
        "modes",
        "storage/test_bundle.py::test_modes_in_a_tar_mean_nothing",
        "storage/test_bundle.py::test_modes_in_a_zip_mean_nothing",
        "storage/test_tree.py::test_a_file_is_created_read_only_with_its_directories",
    ),
    "Z5": row(
        "bombs",
        _BOMBS,
        _SENT,
        "storage/archives/test_tar.py::test_a_bomb_is_refused_within_one_chunk_of_the_budget",
        "storage/archives/test_zip.py::test_a_bomb_is_refused_within_one_chunk_of_the_budget",
    ),
    "Z6": row(
        "sizes that lie",
        _ZIP,
        "storage/archives/test_zip.py::test_a_bomb_that_declares_little_is_refused_at_once",
        "storage/archives/test_tar.py::test_every_unpacked_byte_and_every_header_is_counted",
        "storage/archives/test_zip.py::test_every_unpacked_byte_and_every_entry_is_counted",
    ),
    "Z7": row(
        "data before and after, and two archives in one",
        _TAR,
        _ZIP,
        "storage/test_bundle.py::test_what_is_two_kinds_of_archive_at_once_is_refused",
    ),
    "Z8": row(
        "very many files",
        _BOMBS,
        "storage/archives/test_zip.py::test_too_many_entries_are_refused_before_any_is_looked_at",
        "storage/archives/test_tar.py::test_too_many_headers_are_refused",
    ),
    "Z9": row("deep and long names", _NAMES, _BOMBS),
    "Z10": row("one name twice", _NAMES),
    "Z11": row(
        "names with a meaning",
        _NAMES,
        "storage/test_bundle.py::test_some_names_are_left_out_with_all_below_them",
    ),
    "Z12": row(
        "names that show something else",
        _NAMES,
        _TAR,
        _ZIP,
        "storage/archives/test_names.py::test_a_name_is_refused_with_a_readable_message",
    ),
    "Z13": row(
        "damaged and encrypted archives",
        _TAR,
        _ZIP,
        "storage/archives/test_tar.py::test_a_truncated_archive_is_refused_wherever_it_is_cut",
        "storage/archives/test_zip.py::test_a_truncated_archive_is_refused_wherever_it_is_cut",
        "storage/archives/test_tar.py::test_random_damage_never_surprises",
        "storage/archives/test_zip.py::test_random_damage_never_surprises",
    ),
    "Z14": row(
        "archives in archives",
        "storage/test_bundle.py::test_an_archive_in_an_archive_is_a_file_like_any_other",
    ),
    "Z15": row(
        "headers of pax",
        _TAR,
        "storage/archives/test_tar.py::test_a_tarball_of_github_is_read",
    ),
    "Z16": row(
        "the name of somebody else's plugin",
        "lifecycle/test_publish.py::test_a_slug_belongs_to_whoever_published_it_first",
        "lifecycle/test_publish.py::test_a_slug_in_another_spelling_is_taken",
        "web/test_routing.py::test_where_users_may_publish_they_pass",
    ),
    "Z17": row(
        "code that runs when it is imported",
        "lifecycle/test_publish.py::test_publishing_runs_nothing_of_the_bundle",
        "storage/test_braindrive.py::test_nothing_is_executed",
        "web/compat/test_install.py::test_only_the_hooks_of_a_bundle_are_run",
        "managers/test_worker.py::test_a_worker_runs_no_code_of_the_plugin",
    ),
    "Z18": row(
        "forms that are encoded, nested or broken",
        "web/compat/test_install.py::test_a_broken_form_is_the_fault_of_the_client",
        "web/compat/test_install.py::test_a_compressed_form_is_refused",
        "web/compat/test_install.py::test_a_body_of_another_kind_is_the_fault_of_the_client",
        "web/api/test_catalogue.py::test_a_compressed_body_is_refused",
    ),
}
UPLOADS = {
    "U1": row(
        "a length beyond the limit",
        "web/test_bodies.py::test_nobody_is_asked_for_a_body_that_would_be_refused",
        "web/test_uploads.py::test_an_upload_that_announces_too_much_is_not_read",
    ),
    "U2": row(
        "no length, and more than the limit",
        "web/test_uploads.py::test_an_upload_without_a_length_is_cut_at_the_limit",
        "web/api/test_publishing.py::test_an_upload_beyond_the_limit_ends_with_its_connection",
    ),
    "U3": row(
        "slow clients",
        "web/test_connections.py::test_who_asks_for_nothing_has_to_leave",
        "web/test_connections.py::test_who_does_not_read_has_to_leave",
        "web/test_connections.py::test_one_address_leaves_room_unless_it_speaks_for_many",
        "web/test_connections.py::test_the_program_watches_its_connections",
        "events/test_feed.py::test_so_many_listeners_of_a_user_and_of_all_and_no_more",
        "web/test_uploads.py::test_what_comes_too_slowly_is_not_waited_for",
        "web/test_bodies.py::test_a_body_that_does_not_come_is_not_waited_for",
        "web/files/test_sending.py::test_a_client_that_does_not_read_is_cut_off",
    ),
    "U4": row(
        "clients that leave",
        "web/api/test_publishing.py::test_a_client_that_leaves_at_any_time_leaves_nothing_behind",
        "web/api/test_publishing.py::test_a_client_that_leaves_before_the_answer_finds_the_release_later",
        "web/api/test_publishing.py::test_a_client_that_leaves_before_anything_was_read_may_send_it_again",
        "web/compat/test_install.py::test_a_client_that_leaves_during_an_upload_leaves_nothing_behind",
    ),
    "U5": row(
        "many uploads at once",
        "web/test_uploads.py::test_one_user_leaves_room_for_others",
        "web/test_uploads.py::test_all_together_leave_room_for_everything_else",
        "web/test_uploads.py::test_too_many_uploads_are_told_when_to_come_back",
        "web/test_uploads.py::test_no_byte_of_the_reserve_of_the_disk_is_taken",
    ),
    "U6": row(
        "uploads to a disk that is nearly full",
        "web/test_uploads.py::test_an_upload_that_would_take_of_it_is_told_before_its_first_byte",
        "web/compat/test_install.py::test_a_full_disk_is_told_before_anything_is_received",
    ),
}
_GUARD = "sources/test_guard.py"
SOURCES = {
    "S1": row(
        "spellings of this machine",
        "events/test_sending.py::test_nothing_is_sent_where_the_server_may_not_be_sent",
        f"{_GUARD}::test_no_spelling_of_an_address_that_is_not_public_is_connected_to",
    ),
    "S2": row(
        "addresses within addresses",
        f"{_GUARD}::test_no_spelling_of_an_address_that_is_not_public_is_connected_to",
        f"{_GUARD}::test_networks_that_the_operator_allows_are_open_at_every_port",
    ),
    "S3": row(
        "redirects to this machine",
        "sources/test_url.py::test_every_redirect_is_checked",
        "events/test_sending.py::test_what_is_not_taken_is_sent_again_later_and_later_and_then_given_up",
        "sources/test_url.py::test_three_redirects_are_followed_and_no_more",
        f"{_GUARD}::test_what_is_no_address_of_a_web_server_is_refused",
    ),
    "S4": row(
        "a name that leads elsewhere the second time",
        f"{_GUARD}::test_a_name_that_leads_here_the_second_time_is_refused_the_second_time",
    ),
    "S5": row("other schemes", f"{_GUARD}::test_what_is_no_address_of_a_web_server_is_refused"),
    "S6": row(
        "answers without an end",
        "sources/test_url.py::test_answers_that_cannot_be_used_are_refused",
        "events/test_sending.py::test_an_endless_answer_is_not_read",
        "sources/test_url.py::test_the_time_of_a_download_is_limited",
    ),
    "S7": row(
        "user names and other ports",
        f"{_GUARD}::test_what_is_no_address_of_a_web_server_is_refused",
        f"{_GUARD}::test_only_public_addresses_and_the_ports_of_the_web_are_open",
    ),
    "S8": row(
        "another file than promised",
        "sources/test_url.py::test_a_file_with_another_digest_than_promised_is_refused",
    ),
}
DATA = {
    "D1": row(
        "what belongs to others",
        "web/test_routing.py::test_what_is_somebody_elses_answers_as_what_does_not_exist",
        "web/test_routing.py::test_nobody_can_tell_by_any_address_who_has_what",
        "web/api/test_jobs.py::test_jobs_are_for_those_who_asked_and_for_admins",
        "web/api/test_events.py::test_users_hear_nothing_of_others_and_admins_hear_everything",
        "web/files/test_serve.py::test_another_user_is_refused_as_if_there_were_no_such_plugin",
        "web/api/test_installations.py::test_a_user_acts_for_nobody_else",
    ),
    "D2": row(
        "guessing ids",
        "web/test_routing.py::test_what_is_somebody_elses_answers_as_what_does_not_exist",
        "accounts/test_users.py::test_user_ids_are_what_the_frontend_can_parse",
        "web/files/test_serve.py::test_no_character_of_a_capability_can_be_another",
    ),
    "D3": row(
        "an uninstall that others feel",
        "lifecycle/test_uninstall.py::test_a_user_gives_up_a_plugin_and_the_others_keep_it",
        "web/api/test_installations.py::test_what_one_user_does_touches_no_other",
    ),
    "D4": row(
        "keys that are not for the client to set",
        "web/test_bodies.py::test_keys_that_nobody_reads_give_nobody_more",
        "web/test_bodies.py::test_what_is_wrong_with_a_body_is_named_by_its_path",
        "web/api/test_orders.py::test_an_unknown_key_is_refused_by_every_verb",
    ),
    "D5": row(
        "SQL in searches",
        "web/test_queries.py::test_no_text_changes_what_is_asked_of_the_database",
    ),
    "D6": row(
        "numbers that are none",
        "web/test_queries.py::test_only_a_plain_number_is_a_number",
    ),
    "D7": row(
        "JSON that is read in two ways",
        "web/test_strict_json.py::test_what_two_readers_may_read_apart_is_refused",
        "web/test_strict_json.py::test_what_is_no_json_is_refused",
        "web/test_strict_json.py::test_what_is_json_is_read",
    ),
    "D8": row(
        "versions and ranges that take long",
        "test_versions.py::test_what_has_no_order_is_refused",
        "test_versions.py::test_of_arbitrary_text_only_one_error_comes",
        "lifecycle/test_ranges.py::test_a_hostile_text_takes_no_time",
        "lifecycle/test_ranges.py::test_of_arbitrary_text_only_one_error_comes",
    ),
    "D9": row(
        "lines in the log",
        "web/test_access_log.py::test_a_line_is_one_line_whatever_the_path_holds",
        "test_logs.py::test_nothing_that_is_logged_can_begin_another_line_or_move_the_cursor",
    ),
    "D10": row(
        "storing very much",
        "lifecycle/test_quotas.py::test_nobody_gets_more_than_the_quotas_allow",
        "lifecycle/test_configuration.py::test_a_configuration_is_at_most_64_kib_of_json",
        "web/api/test_configuration.py::test_a_configuration_that_is_too_large_is_refused",
        "web/compat/test_plugin_state.py::test_what_is_too_much_is_refused",
    ),
}
_BADLY = "managers/test_abuse.py::test_a_hook_that_ends_badly_fails_alone"
_ENDLESS = "managers/test_abuse.py::test_a_hook_that_does_not_end_is_ended"
HOOKS = {
    "H1": row(
        "raises",
        _BADLY,
        "web/api/test_installations.py::test_a_hook_that_fails_is_told_by_its_kind_and_nothing_is_changed",
        "web/test_problems.py::test_every_answer_carries_the_id_that_the_client_chose",
    ),
    "H2": row(
        "waits for ever",
        _ENDLESS,
        "managers/test_manager.py::test_hooks_that_fail_three_times_rest",
    ),
    "H3": row("blocks", _ENDLESS),
    "H4": row("ends its process", _BADLY),
    "H5": row(
        "does not let itself be cancelled",
        _ENDLESS,
        "managers/test_registry.py::test_closing_ends_hooks_that_run_and_loads",
        "cli/test_serve.py::test_sigterm_ends_it_in_time_whatever_it_is_doing",
    ),
    "H6": row(
        "leaves memory, threads, tasks and files behind",
        _BADLY,
        "managers/test_abuse.py::test_what_a_hook_leaves_behind_does_not_hold_it_up",
        "managers/test_abuse.py::test_processes_do_not_outlive_the_hook",
        "managers/test_registry.py::test_two_hundred_loads_leave_nothing",
        "test_app.py::test_the_memory_of_hooks_has_the_limit_that_is_set",
    ),
    "H7": row(
        "modules of the same name",
        "managers/test_abuse.py::test_versions_import_their_own_modules_and_patch_their_own_json",
        "managers/test_abuse.py::test_nothing_of_one_user_is_left_for_another",
    ),
    "H8": row(
        "calls back",
        "web/api/test_installations.py::test_a_hook_that_asks_this_server_for_something_stops_nobody",
        "lifecycle/test_resources.py::test_operations_of_one_user_queue_and_no_other_user_waits",
        "pluginhub/lifecycle/resources.py: The order of locks: first this one, then the database",
    ),
    "H9": row(
        "writes to its release",
        "managers/test_abuse.py::test_what_is_not_the_hooks_is_out_of_reach",
        "care/test_verify.py::test_a_release_that_is_not_as_published_is_quarantined",
    ),
    "H10": row("answers with garbage", "managers/test_abuse.py::test_garbage_is_refused"),
}
_EVERYWHERE = "crash/test_sweep.py::test_every_crash_is_survived"
_CUTS = "crash/test_sweep.py::test_every_power_cut_is_survived"
_PLANTED = "crash/test_planted_faults.py::test_every_planted_fault_is_found"
FAULTS = {
    "X1": row("a kill anywhere", _EVERYWHERE, _PLANTED),
    "X2": row("a power cut anywhere", _CUTS, _PLANTED),
    "X3": row(
        "a disk that is full or fails anywhere",
        _EVERYWHERE,
        "web/test_health.py::test_a_full_disk_is_named_with_its_setting",
    ),
    "X4": row(
        "a database that another program holds",
        "web/test_problems.py::test_while_another_program_holds_the_database_all_is_read_and_nothing_half_done",
        "database/test_connection.py::test_a_lock_of_another_program_is_an_error_and_not_a_hang",
        "web/test_health.py::test_a_database_that_somebody_holds_is_said_and_recovers",
    ),
    "X5": row(
        "a damaged database",
        "test_app.py::test_a_damaged_data_directory_is_refused_and_let_alone",
        "test_app.py::test_a_database_that_was_lost_is_not_begun_anew",
        "test_app.py::test_without_its_log_a_database_is_an_older_one_and_what_is_newer_is_named",
        "database/test_connection.py::test_a_damaged_page_is_found_at_the_start",
        "database/test_connection.py::test_a_newer_schema_is_refused_with_advice",
        "pluginhub/database/check.py: somebody removed the log",
    ),
    "X6": row(
        "damaged and missing files",
        "care/test_verify.py::test_a_release_that_is_not_as_published_is_quarantined",
        "web/files/test_serve.py::test_what_is_not_the_file_that_was_published_is_not_served",
        "web/compat/test_integrity.py::test_a_plugin_whose_entry_file_is_not_as_published_is_not_handed_out",
    ),
    "X7": row(
        "a clock that jumps",
        "care/test_cleanup.py::test_a_clock_that_jumps_makes_nothing_old",
        "care/test_cleanup.py::test_tokens_survive_a_clock_that_jumps",
        "web/identity/test_proofs.py::test_a_token_ends_in_time",
    ),
    "X8": row(
        "an install while a sweep removes",
        "races/test_scenarios.py::test_it_is_well_in_every_order",
        "races/test_faults.py::test_a_fault_is_found",
        "care/test_unused.py::test_an_install_at_the_same_moment_never_finds_a_hole",
    ),
    "X9": row(
        "no more files to open",
        "cli/test_serve.py::test_a_server_that_can_open_no_more_files_serves_again_later",
        "web/test_problems.py::test_what_fails_for_want_of_files_or_memory_may_be_tried_again",
        "web/files/test_serve.py::test_a_file_that_cannot_be_opened_now_is_not_taken_for_lost",
    ),
    "X10": row(
        "two servers on one directory",
        "test_app.py::test_a_second_server_on_the_same_data_directory_is_refused",
        "cli/test_serve.py::test_a_second_server_on_the_same_data_refuses_in_one_line",
    ),
    "X11": row(
        "a data directory that cannot be used",
        "test_app.py::test_a_place_where_nothing_can_be_written_is_refused",
        "storage/test_file_system.py::test_a_foreign_owner_is_named_with_what_mends_that",
        "storage/test_file_system.py::test_a_mode_that_keeps_its_owner_out_is_named",
        "storage/test_file_system.py::test_a_network_file_system_is_known_by_its_type",
    ),
    "X12": row(
        "an end in the middle of everything",
        "cli/test_serve.py::test_sigterm_ends_it_in_time_whatever_it_is_doing",
        "cli/test_serve.py::test_sigterm_ends_it_with_exit_code_0_and_no_note_is_left",
    ),
    "X13": row(
        "a migration that is interrupted, or taken back",
        "care/migration/test_running.py::test_a_preview_changes_nothing_and_says_what_would_be",
        "care/migration/test_running.py::test_wherever_it_is_killed_a_second_run_completes_it",
        "care/migration/test_running.py::test_a_second_run_does_nothing_twice",
        "care/migration/test_running.py::test_taking_it_back_leaves_everything_as_it_was",
        "care/migration/test_running.py::test_what_is_unsafe_is_not_followed_and_the_rest_is_taken",
    ),
    "X14": row(
        "no more memory",
        "cli/test_serve.py::test_a_server_without_memory_lives_on",
        "web/api/test_publishing.py::test_without_memory_to_unpack_the_server_is_busy_and_nothing_is_left",
    ),
}
ROWS = {**WHO, **WEB, **PATHS, **ARCHIVES, **UPLOADS, **SOURCES, **DATA, **HOOKS, **FAULTS}


def test_every_row_is_there() -> None:
    assert ROWS.keys() == IDS


@pytest.mark.parametrize("number", ROWS)
def test_what_a_row_names_is_there(number: str) -> None:
    assert ROWS[number].evidence
    assert [name for name in ROWS[number].evidence if not is_there(name)] == []


def test_what_is_not_there_is_noticed() -> None:
    here = "tests/test_threats.py"
    assert is_there(f"{here}::test_what_is_not_there_is_noticed")
    assert is_there(f"{here}: where something cannot happen, the module concerned says why")
    for name in (
        f"{here}::test_what_nobody_wrote",
        f"{here}::row",
        f"{here}::",
        "tests/test_nothing.py::test_nothing",
        f"{here}: words that nobody wrote",
        f"{here}: ",
        here,
        "",
    ):
        assert not is_there(name), name
