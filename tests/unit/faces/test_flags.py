"""Flags: Go's way of writing them, where values come from, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ghostshift.command_line import read_line
from ghostshift.flags import build_options, read_addresses, reread, settle
from ghostshift.model.errors import UsageError
from ghostshift.model.options import Options, Tls
from ghostshift.model.settings import TriggerSettings

NEEDED = {"database": "shop", "table": "orders", "alter": "ADD c int"}


def parse(*words: str, environment: dict[str, str] | None = None) -> Options:
    return build_options(settle({**NEEDED, **read_line(words)}, environment or {}))


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("t", True), ("TRUE", True), ("0", False), ("f", False), ("False", False)]
)
def test_a_switch_takes_what_go_takes(text: str, *, value: bool) -> None:
    assert settle({"execute": text}, {})["execute"] is value


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("execute", "yes", "--execute is a switch: true or false, not 'yes'"),
        ("port", "x", "--port must be a whole number, not 'x'"),
        ("port", "1_000", "--port must be a whole number, not '1_000'"),
        ("port", "٣", "--port must be a whole number, not '٣'"),
        ("nice-ratio", "nan", "--nice-ratio must be a number, not 'nan'"),
        ("nice-ratio", "inf", "--nice-ratio must be a number, not 'inf'"),
        ("chunk-seconds", "soon", "--chunk-seconds must be a number, not 'soon'"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_its_flag(name: str, text: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        settle({name: text}, {})
    assert str(error.value) == says


def test_a_bad_value_from_the_environment_is_named_by_its_variable() -> None:
    with pytest.raises(UsageError, match="GHOSTSHIFT_MAX_LAG_MILLIS must be a whole number"):
        settle({}, {"GHOSTSHIFT_MAX_LAG_MILLIS": "much"})


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text("[client]\nuser = filed\nhost = filed\nport = 1\npassword = filed\n[mysqld]\nport = 9\nno-value\n")
    environment = {"GHOSTSHIFT_USER": "environ", "GHOSTSHIFT_HOST": "environ", "GHOSTSHIFT_CONF": str(conf)}
    settings = settle({"user": "flagged"}, environment)
    assert [settings[name] for name in ("user", "host", "port", "password", "socket")] == [
        "flagged", "environ", 1, "filed", "",
    ]  # fmt: skip


def test_a_file_may_take_a_value_from_the_environment_and_quotes_are_not_part_of_values(tmp_path: Path) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text('[client]\npassword = ${SECRET}\nuser = "me"\nhost=${EMPTY}\n')
    settings = settle({"conf": str(conf)}, {"SECRET": "s3cret", "EMPTY": ""})
    assert (settings["password"], settings["user"], settings["host"]) == ("s3cret", "me", "")


def test_a_variable_that_is_not_set_is_named_and_no_empty_password_is_sent(tmp_path: Path) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text("[client]\npassword = ${SECRET}\n")
    with pytest.raises(UsageError, match=rf"password in \[client\] of --conf {conf} .* there is no SECRET; export it"):
        settle({"conf": str(conf)}, {"secret": "s3cret"})


@pytest.mark.parametrize("text", ["ab${c}d", "${c}d", "ab${c}", "${c", "${}", "${c}${c}", "$c", "${c d}", "'${c}${c}'"])
def test_what_is_more_than_a_variable_is_letters(tmp_path: Path, text: str) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text(f"[client]\npassword = {text}\n")
    assert settle({"conf": str(conf)}, {"c": "CHANGED"})["password"] == text.strip("'")


@pytest.mark.parametrize(
    "line", ["password s3cret", "password", "  PASSWORD s3cret", "password s3:cret", "password s3=c"]
)
def test_a_line_without_its_sign_is_named_by_its_number_alone(tmp_path: Path, line: str) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text(f"[mysqld]\npassword x\n[client]\nssl\nskip-user # user\nuser = me\n{line}\n")
    with pytest.raises(UsageError) as error:
        settle({"conf": str(conf)}, {})
    assert str(error.value) == f"--conf {conf}, line 7: write it as password = …"


def test_a_password_with_percent_signs_is_taken_as_it_is(tmp_path: Path) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text("[client]\npassword = 100%(sure)s%\n")
    assert settle({"conf": str(conf)}, {})["password"] == "100%(sure)s%"


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ('"a # b"', "a # b"),
        ("'it\"s' # so", 'it"s'),
        ('"it\'s"', "it's"),
        ('"#"#"', '#"#'),
        ('ends with "', 'ends with "'),
        ("'", "'"),
        ("p\u00e4ss \u20ac % = : ; \\n", "p\u00e4ss \u20ac % = : ; \\n"),
        ("# nothing", ""),
    ],
)
def test_a_password_of_any_letters_is_taken_as_it_is(tmp_path: Path, text: str, password: str) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text(f"[client] # ours\npassword = {text}\n", encoding="utf-8")
    assert settle({"conf": str(conf)}, {})["password"] == password


def test_a_value_of_the_environment_keeps_its_quotes(tmp_path: Path) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text('[client]\npassword = "${SECRET}"\n')
    assert settle({"conf": str(conf)}, {"SECRET": "'a # b'"})["password"] == "'a # b'"


def test_a_password_in_a_file_that_everybody_can_read_is_warned_of(tmp_path: Path) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text("[client]\npassword = s3cret\n")
    conf.chmod(0o644)
    (warning,) = settle({"conf": str(conf)}, {}).warnings
    assert warning == f"every user of this machine can read the password in {conf}; chmod 600 {conf} hides it"
    for mode, text in ((0o640, "password = s3cret"), (0o644, "password = ${S}"), (0o644, "user = me")):
        conf.write_text(f"[client]\n{text}\n")
        conf.chmod(mode)
        assert not settle({"conf": str(conf)}, {"S": "s3cret"}).warnings


def test_settings_do_not_show_their_values() -> None:
    assert "s3cret" not in repr(settle({"password": "s3cret"}, {}))


def test_a_login_in_an_address_is_not_repeated() -> None:
    for name, value in (
        ("throttle-control-replicas", "me:s3cret@replica"),
        ("assume-master-host", "me:s3cret@primary:3306"),
        ("host", "mysql://me:s3cret@db"),
        ("throttle-http", "me:s3cret@web"),
        ("ask-pass", "s3cret"),
    ):
        with pytest.raises(UsageError) as error:
            build_options(settle({"alter": "ENGINE=InnoDB", "database": "d", "table": "t", name: value}, {}))
        assert "s3cret" not in str(error.value)


def test_a_file_that_cannot_be_read_or_is_no_ini_is_named_and_never_quoted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--conf /nowhere/x cannot be read"):
        settle({"conf": "/nowhere/x"}, {})
    conf = tmp_path / "my.cnf"
    conf.write_text("password = s3cret\n")
    with pytest.raises(UsageError, match="is not an INI file: MissingSectionHeaderError") as error:
        settle({"conf": str(conf)}, {})
    assert "s3cret" not in str(error.value)
    conf.write_bytes(b"[client]\nuser=\xff\xfe\n")
    with pytest.raises(UsageError, match="cannot be read"):
        settle({"conf": str(conf)}, {})
    conf.write_text("[client]\nport = many\n")
    with pytest.raises(UsageError, match=f"port in {conf} must be a whole number"):
        settle({"conf": str(conf)}, {})


def test_a_file_without_a_section_of_ours_is_an_error(tmp_path: Path) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text("[mysqld]\nport = 9\n")
    with pytest.raises(UsageError, match=r"no \[client\] and no \[osc\] section"):
        settle({"conf": str(conf)}, {})


def test_a_comment_behind_a_value_is_no_part_of_it(tmp_path: Path) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text("[client]\npassword = se#cret # the old one\n")
    assert settle({"conf": str(conf)}, {})["password"] == "se#cret"


def test_flags_become_options() -> None:
    options = parse(
        "-host=db", "-port=7", "-user", "me", "-password=p", "-execute", "-allow-on-master", "-chunk-size=500",
        "-default-retries=5", "-cut-over-lock-timeout-seconds=9", "-heartbeat-interval-millis=50",
        "-throttle-control-replicas=r1,r2:3307", "-postpone-cut-over-flag-file=/p", "-throttle-flag-file=/f",
        "-initially-drop-old-table", "-ok-to-drop-table", "-timestamp-old-table", "-force-table-names=x",
        "-replica-server-id=9", "-serve-socket-file=-", "-mysql-timeout=2.5", "-max-lag-millis=300",
        "-throttle-additional-flag-file=", "-exact-rowcount", "-initially-drop-ghost-table", "-copy-threads=3",
        "-apply-threads=4", "-chunk-seconds=0.5", "-buffer-bytes=2000000", "-initially-drop-socket-file",
    )  # fmt: skip
    endpoint, tunables = options.endpoint, options.tunables
    assert (endpoint.host, endpoint.port, endpoint.user, endpoint.password, endpoint.timeout) == (
        "db",
        7,
        "me",
        "p",
        2.5,
    )
    assert endpoint.tls is None
    assert options.execute
    assert options.allow_on_master
    assert options.initially_drop_old_table
    assert options.initially_drop_ghost_table
    assert options.initially_drop_socket_file
    assert options.ok_to_drop_table
    assert options.timestamp_old_table
    assert options.exact_rowcount
    assert (options.retries, options.cut_over_lock_seconds, options.heartbeat_millis) == (5, 9, 50)
    assert (options.tunables.copy_threads, options.tunables.apply_threads) == (3, 4)
    assert (options.chunk_seconds, options.buffer_bytes) == (0.5, 2_000_000)
    assert (options.force_table_names, options.replica_server_id, options.serve_socket_file) == ("x", 9, "-")
    assert tunables.chunk_size == 500
    assert tunables.max_lag_millis == 300
    assert tunables.control_replicas == (("r1", 3306), ("r2", 3307))
    assert (tunables.postpone_flag_file, tunables.throttle_flag_file) == ("/p", "/f")
    assert tunables.throttle_additional_flag_file == ""


def test_without_flags_a_migration_is_only_rehearsed() -> None:
    options = parse()
    assert not options.execute
    assert Path(options.tunables.throttle_additional_flag_file).name == "gh-ost.throttle"
    assert (options.schema, options.table, options.alter) == ("shop", "orders", "ADD c int")


def test_the_password_is_asked_for_only_where_that_is_wanted() -> None:
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "typed"

    assert build_options(settle({**NEEDED, "password": "p"}, {}), ask).endpoint.password == "p"
    assert asked == []
    assert build_options(settle({**NEEDED, "password": "p", "ask-pass": "true"}, {}), ask).endpoint.password == "typed"


@pytest.mark.parametrize("name", ["ssl-ca", "ssl-cert", "ssl-key", "ssl-allow-insecure"])
def test_flags_of_encryption_are_errors_without_it(name: str) -> None:
    value = "true" if name == "ssl-allow-insecure" else "x"
    with pytest.raises(UsageError, match=f"--{name} needs --ssl"):
        parse(f"--{name}={value}")


def test_certificate_and_key_belong_together() -> None:
    for one in ("--ssl-cert=x", "--ssl-key=x"):
        with pytest.raises(UsageError, match="--ssl-cert and --ssl-key belong together"):
            parse("--ssl", one)
    assert parse("--ssl").endpoint.tls == Tls()
    options = parse("--ssl", "--ssl-ca=a", "--ssl-cert=c", "--ssl-key=k", "--ssl-allow-insecure")
    assert options.endpoint.tls == Tls(ca="a", cert="c", key="k", verify=False)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("", ()),
        ("a", (("a", 3306),)),
        (" a:1 ,, b ", (("a", 1), ("b", 3306))),
        ("[::1]:7,[::2]", (("::1", 7), ("::2", 3306))),
        ("db.example.com:65535", (("db.example.com", 65535),)),
    ],
)
def test_addresses_are_hosts_with_or_without_ports(text: str, addresses: tuple[tuple[str, int], ...]) -> None:
    assert read_addresses(text) == addresses


@pytest.mark.parametrize("text", ["a:", "a:x", "a:0", "a:65536", ":3306", "a:٣", "a:-1"])
def test_what_is_no_address_is_shown_with_one_that_is(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not an address such as replica\.example\.com:3306"):
        read_addresses(text)


def named_by(alter: str, *words: str) -> Options:
    return build_options(settle({"alter": alter, **read_line(words)}, {}))


def test_a_whole_alter_table_names_schema_and_table_where_no_flag_does() -> None:
    found = named_by("ALTER TABLE `my shop`.\n orders ADD c int")
    assert (found.schema, found.table) == ("my shop", "orders")
    found = named_by("ALTER TABLE orders ADD c int", "--database=shop")
    assert (found.schema, found.table) == ("shop", "orders")
    found = named_by("ADD c int", "--database=shop", "--table=orders")
    assert (found.schema, found.table) == ("shop", "orders")


@pytest.mark.parametrize(
    ("alter", "words", "says"),
    [
        ("ALTER TABLE orders ADD c int", (), "--database is missing, and the ALTER names no schema"),
        ("ADD c int", ("--database=shop",), "--table is missing, and the ALTER names no table"),
        ("", ("--database=shop", "--table=t"), "--alter is missing"),
        ("ALTER TABLE shop.t ADD c int; DROP TABLE t", (), "more than one statement"),
    ],
)
def test_a_table_that_nobody_names_is_a_usage_error(alter: str, words: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        named_by(alter, *words)


def test_renamed_columns_are_either_approved_or_skipped() -> None:
    assert parse("--approve-renamed-columns").allow.renamed_columns
    assert parse("--skip-renamed-columns").allow.skip_renamed_columns
    with pytest.raises(UsageError, match="exclude each other"):
        parse("--approve-renamed-columns", "--skip-renamed-columns")


# -- what means nothing here, and what cannot be had


def test_a_revert_needs_no_alter_and_says_what_it_passes_over() -> None:
    words = ("--revert", "--old-table=_t_del", "--attempt-instant-ddl", "--include-triggers", "--trigger-suffix=x")
    options = parse(*words)
    assert options.recovery.revert
    assert options.recovery.old_table == "_t_del"
    assert (options.alter, options.allow.instant_ddl, options.triggers) == ("", False, TriggerSettings())
    warnings = settle({**NEEDED, **read_line(words)}, {}).warnings
    assert any("--alter changes nothing" in text for text in warnings)
    assert parse("--revert=0", "--checkpoint-seconds=300").recovery.seconds == 300


@pytest.mark.parametrize(
    "words",
    [
        ("--old-table=x",), ("--revert", "--no-resume"), ("--revert", "--checkpoint=false"),
        ("--revert", "--verify-only"), ("--revert", "--test-on-replica"), ("--revert", "--allow-data-loss"),
    ],
)  # fmt: skip
def test_what_a_revert_cannot_be_asked_for_together_with(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="revert"):
        parse(*words)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--checkpoint-seconds=9999", "--checkpoint-seconds is 9999.0, beyond its bounds; 3600.0 is used"),
        ("--assume-rbr", "--assume-rbr changes nothing: replication is restarted for --switch-to-rbr only"),
        ("--chunk-size=5", "--chunk-size is 5, beyond its bounds; 10 is used"),
        ("--cut-over-lock-timeout-seconds=99", "--cut-over-lock-timeout-seconds is 99, beyond its bounds; 10 is used"),
        ("--password=s3cret", "--password stands on the command line, where every user"),
    ],
)
def test_what_becomes_of_a_wish_that_is_not_followed_to_the_letter_is_told(words: str, says: str) -> None:
    warnings = settle(read_line([words]), {}).warnings
    assert [text for text in warnings if text.startswith(says)]
    assert not [text for text in warnings if "s3cret" in text]
    assert settle({}, {}).warnings == ()


def test_a_password_from_the_environment_is_not_warned_about() -> None:
    assert settle({}, {"GHOSTSHIFT_PASSWORD": "s3cret"}).warnings == ()


def test_variables_named_like_questions_to_the_program_are_somebody_elses() -> None:
    settings = settle({}, {"GHOSTSHIFT_VERSION": "1.2.3", "GHOSTSHIFT_HELP": "none"})
    assert not settings["version"]
    assert not settings["help"]


# -- the file's [osc] section, and reading it again


def test_the_osc_section_is_followed_where_no_flag_decides(tmp_path: Path) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text("[osc]\nchunk_size=500\nmax_load=Threads_running=9\nmax_lag_millis=50\nreplication_lag_query=x\n")
    settings = settle({"conf": str(conf), "max-load": "a=1"}, {})
    assert (settings["chunk-size"], settings["max-load"], settings["max-lag-millis"]) == (500, "a=1", 100)
    assert [text.partition(" in ")[0] for text in settings.warnings] == ["replication_lag_query", "max_lag_millis"]
    conf.write_text("[osc]\nchunk_size=many\n")
    with pytest.raises(UsageError, match=r"chunk_size in .* must be a whole number, not 'many'"):
        settle({"conf": str(conf)}, {})


def test_the_osc_section_has_our_own_names_too_and_an_unknown_one_is_told_by_its_line(tmp_path: Path) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text("[osc]\npolite=true\ncopy_threads=3\napply_threads=2\napp_latency_target=7.5\nchunk_seconds=0.5\n")
    settings = settle({"conf": str(conf)}, {})
    names = ("polite", "copy-threads", "apply-threads", "app-latency-target", "chunk-seconds")
    assert [settings[name] for name in names] == [True, 3, 2, 7.5, 0.5]
    assert settings.warnings == ()
    assert reread(settings, {}, []) == {
        "polite": True, "copy_threads": 3, "apply_threads": 2, "app_latency_millis": 7.5,
    }  # fmt: skip
    conf.write_text("[client]\nother=1\n[osc]\n# a=1\n\ns3cret=1\n")
    (warning,) = settle({"conf": str(conf)}, {}).warnings
    assert warning == f"line 6 of {conf} changes nothing: [osc] has no such name"


@pytest.mark.parametrize("name", ["copy-threads", "apply-threads", "app-latency-target", "chunk-seconds"])
def test_what_is_less_than_nothing_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"--{name} must be 0 or more, not -5"):
        settle(read_line([f"--{name}=-5"]), {})
    assert settle(read_line([f"--{name}=0"]), {}).warnings == ()


def test_a_file_that_is_read_again_gives_what_flags_left_open(tmp_path: Path) -> None:
    conf = tmp_path / "my.cnf"
    conf.write_text("[client]\npassword=p\n[osc]\nchunk_size=500\nmax_load=B=2,A=1\nmax_lag_millis=200\n")
    settings = settle({"conf": str(conf), "max-lag-millis": "300"}, {})
    assert reread(settings, {}, []) == {"chunk_size": 500, "max_load": (("A", 1), ("B", 2))}
    assert reread(settle({}, {}), {}, []) == {}


@pytest.mark.parametrize("flag", ["--aliyun-rds", "--gcp", "--azure", "--skip-port-validation"])
def test_where_a_servers_own_name_and_port_mean_nothing_they_are_not_compared(flag: str) -> None:
    assert not parse().topology.skip_port_check
    assert parse(flag).topology.skip_port_check
    assert not parse(f"{flag}=false").topology.skip_port_check


@pytest.mark.parametrize("cloud", ["aliyun-rds", "gcp", "azure"])
def test_a_cloud_knows_its_servers_under_other_names(cloud: str) -> None:
    assert build_options(settle({**NEEDED, cloud: "true"}, {})).topology.skip_port_check
    assert not build_options(settle({**NEEDED}, {})).topology.skip_port_check
