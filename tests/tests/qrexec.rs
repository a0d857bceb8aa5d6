//! Calls between qubes behave as those of the real qrexec.

use crate::common::{call, code, err, from_a, good, in_qube, lab_with_pair, out, policy, service};

#[test]
fn exit_codes() {
    let lab = lab_with_pair();
    service(&lab, "b", "test.Exit", "exit \"$1\"");
    service(&lab, "b", "test.Kill", "kill -\"$1\" $$");
    for expected in [0, 1, 77, 255] {
        assert_eq!(code(&lab, &format!("test.Exit+{expected}")), expected);
    }
    assert_eq!(code(&lab, "test.Kill+9"), 137);
    assert_eq!(code(&lab, "test.Kill+15"), 143);
    assert_eq!(code(&lab, "test.Missing"), 127);
    good(&in_qube(&lab, "b", "echo data > /run/qubes-rpc/test.Exit2"));
    assert_eq!(code(&lab, "test.Exit2"), 125);
    good(&in_qube(
        &lab,
        "b",
        "ln -s /run/dead.sock /run/qubes-rpc/test.Dead",
    ));
    assert_eq!(code(&lab, "test.Dead"), 125);
    assert_eq!(code(&lab, &"x".repeat(300)), 125);
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b test.Exit+42; echo $?"),
        "42\n"
    );
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b test.Exit+42 true; echo $?"),
        "0\n"
    );
}

#[test]
fn refusals() {
    let lab = lab_with_pair();
    service(&lab, "b", "other.Service", "echo reached");
    for target in ["b", "a", "nowhere", "dom0", "@dispvm", "@default"] {
        let refused = in_qube(
            &lab,
            "a",
            &format!("qrexec-client-vm {target} other.Service"),
        );
        assert_eq!(refused.status.code(), Some(126), "{target}");
        assert_eq!(err(&refused), "Request refused\n");
    }
    policy(&lab, "20-open.policy", "other.Service * a b allow\n");
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b other.Service"),
        "reached\n"
    );
    policy(&lab, "99-broken.policy", "this is no rule\n");
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b other.Service; echo $?"),
        "126\n"
    );
}

#[test]
fn a_halted_target_is_started() {
    let lab = lab_with_pair();
    good(&in_qube(&lab, "b", "true"));
    lab.stop("b").unwrap();
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b test.Cat </dev/null; echo $?"),
        "127\n"
    );
    good(&in_qube(&lab, "b", "true"));
}

#[test]
fn what_a_service_is_told() {
    let lab = lab_with_pair();
    let script = "echo \"$#,$1,$QREXEC_REMOTE_DOMAIN,$QREXEC_SERVICE_FULL_NAME,\
                  $QREXEC_SERVICE_ARGUMENT,${QREXEC_REQUESTED_TARGET_TYPE-unset}\"";
    service(&lab, "b", "test.Env", script);
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b test.Env+x"),
        "1,x,a,test.Env+x,x,\n"
    );
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b test.Env"),
        "0,,a,test.Env+,,\n"
    );
    assert_eq!(
        from_a(&lab, "qrexec-client-vm b 'test.Env+x/y z'"),
        "1,x_y_z,a,test.Env+x_y_z,x_y_z,\n"
    );
    service(&lab, "b", "test.Env+own", "echo own");
    assert_eq!(from_a(&lab, "qrexec-client-vm b test.Env+own"), "own\n");
    assert_eq!(
        out(&lab.exec(call("test.Env+q")).unwrap()),
        "1,q,dom0,test.Env+q,q,\n"
    );
}

#[test]
fn a_local_program_talks_to_the_service() {
    let lab = lab_with_pair();
    service(&lab, "b", "test.Cat", "exec cat");
    let command = "echo mine | qrexec-client-vm b test.Cat sh -c 'echo hi; exec >&-; read x; echo \"got $x\" >&2; cat <&$SAVED_FD_0 >&2; exit 9'; echo $?";
    let both = in_qube(&lab, "a", command);
    assert_eq!(out(&both), "9\n");
    assert_eq!(err(&both), "got hi\nmine\n");
}

#[test]
fn many_calls_at_once() {
    let lab = lab_with_pair();
    service(&lab, "b", "test.Cat", "exec cat");
    let command = "for i in $(seq 64); do echo x | qrexec-client-vm b test.Cat & done; wait";
    assert_eq!(from_a(&lab, command).lines().count(), 64);
}

#[test]
fn a_service_of_dom0_knows_its_target() {
    let lab = lab_with_pair();
    let script = "#!/bin/sh\necho \"$QREXEC_REMOTE_DOMAIN $QREXEC_REQUESTED_TARGET_TYPE $QREXEC_REQUESTED_TARGET\"\n";
    let install = "cat > /etc/qubes-rpc/test.Dom0; chmod 755 /etc/qubes-rpc/test.Dom0";
    good(
        &lab.exec_with(["sh", "-c", install], script.as_bytes())
            .unwrap(),
    );
    policy(
        &lab,
        "20-dom0.policy",
        "test.Dom0 * @anyvm @adminvm allow\n",
    );
    assert_eq!(
        from_a(&lab, "qrexec-client-vm dom0 test.Dom0"),
        "a name dom0\n"
    );
}
