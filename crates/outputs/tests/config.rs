//! Configurations that do not hold are refused with what to do, and secrets are shown nowhere.

use deconflict_outputs::{OutputConfig, Outputs};
use deconflict_picture::Viewer;

fn read(toml: &str) -> Result<OutputConfig, String> {
    toml::from_str(toml).map_err(|error| error.to_string())
}

fn fault(toml: &str) -> String {
    match read(toml) {
        Err(error) => error,
        Ok(config) => match config.check() {
            Err(error) => error.to_string(),
            Ok(()) => "it holds".to_owned(),
        },
    }
}

const WEBHOOK: &str = "kind = \"webhook\"\nname = \"desk\"\n";
const COT: &str = "kind = \"cot\"\nname = \"tak\"\n";

fn webhook(rest: &str) -> String {
    let viewer = if rest.contains("party") { "" } else { "viewer = \"everything\"\n" };
    format!("{WEBHOOK}{viewer}{rest}")
}

fn cot(rest: &str) -> String {
    format!("{COT}viewer = \"everything\"\n{rest}")
}

const GOOD: &str = "url = \"https://example.org/hook\"\nsecret = \"0123456789abcdef\"\n";

#[test]
fn what_holds_holds() {
    assert_eq!(fault(&webhook(GOOD)), "it holds");
    let loopback = "url = \"http://[::1]:8080/\"\nsecret_file = \"/run/secret\"";
    assert_eq!(fault(&webhook(loopback)), "it holds");
    for rest in [
        "protocol = \"udp\"\nto = \"239.2.3.1:6969\"\nttl = 4\ninterface = \"10.0.0.1\"",
        "protocol = \"tcp\"\nto = \"tak.example.org:8087\"\nalerts = \"marker\"",
        "protocol = \"tcp\"\nlisten = \"127.0.0.1:8087\"\nevery_s = 5",
        "protocol = \"tcp\"\nlisten = \"0.0.0.0:8087\"\nallow_anyone = true",
        "protocol = \"udp\"\nto = \"10.0.0.1:4242\"\naffiliation = \"neutral\"",
    ] {
        assert_eq!(fault(&cot(rest)), "it holds", "{rest}");
    }
    let party = read(&format!("{WEBHOOK}party = \"RuAF\"\n{GOOD}")).unwrap();
    assert_eq!(party.viewer(), Ok(Viewer::Party("RuAF".to_owned())));
}

#[test]
fn faults_name_the_key_and_what_to_do() {
    let http = GOOD.replace("https", "http");
    let cases = [
        (format!("{WEBHOOK}{GOOD}"), "viewer: say whose view is sent"),
        (format!("{}party = \"A\"", webhook(GOOD)), "not both"),
        (format!("{WEBHOOK}viewer = \"all\"\n{GOOD}"), "everything"),
        (webhook(&http), "url: http would send alerts in the clear: use https"),
        (webhook(&GOOD.replace("https", "ftp")), "url: ftp is not spoken here"),
        (webhook("url = \"https://example.org\""), "secret: deliveries are signed"),
        (webhook(&GOOD.replace("cdef", "")), "secret: shorter than 16 bytes"),
        (webhook(&format!("{GOOD}secret_file = \"x\"")), "either secret or secret_file"),
        (webhook(&format!("{GOOD}events = []")), "events: empty"),
        (webhook(&format!("{GOOD}timeout_s = 0")), "timeout_s: 0 is not between"),
        (webhook(&format!("{GOOD}timeout_s = nan")), "timeout_s: NaN is not between"),
        (webhook(&format!("{GOOD}retries = 3")), "unknown field `retries`"),
        (cot("protocol = \"udp\""), "to: missing"),
        (cot("protocol = \"udp\"\nto = \"nowhere\""), "to: \"nowhere\" is no host:port"),
        (cot("protocol = \"udp\"\nlisten = \"127.0.0.1:1\""), "listen: is for protocol = \"tcp\""),
        (cot("protocol = \"tcp\"\nto = \"239.2.3.1:6969\""), "to: a multicast group needs"),
        (cot("protocol = \"tcp\"\nlisten = \"0.0.0.0:1\""), "listen: Cursor on Target over TCP"),
        (cot("protocol = \"udp\"\nto = \"a:1\"\ninterface = \"10.0.0.1\""), "interface: is for"),
        (cot("protocol = \"udp\"\nto = \"a:1\"\ntracks = false\nalerts = \"none\""), "tracks: "),
        (cot("protocol = \"udp\"\nto = \"a:1\"\naffiliation = \"hostile\""), "hostile"),
        (cot("protocol = \"udp\"\nto = \"a:1\"").replace("tak", "t k"), "name: 1 to 64 letters"),
        ("kind = \"fax\"\nname = \"x\"".to_owned(), "fax"),
    ];
    for (toml, expected) in cases {
        let fault = fault(&toml);
        assert!(fault.contains(expected), "{toml}\n=> {fault}");
    }
    let twice = vec![read(&webhook(GOOD)).unwrap(); 2];
    let error = OutputConfig::check_all(&twice).unwrap_err().to_string();
    assert!(error.contains("two outputs have this name"), "{error}");
}

/// OUT-3: neither the secret nor the keys in an address are shown.
#[tokio::test]
async fn secrets_are_shown_nowhere() {
    let toml = webhook(
        "url = \"https://user:hunter2@example.org/hook/token?key=sesame\"\n\
         secret = \"open-sesame-open\"\n",
    );
    let config = read(&toml).unwrap();
    let outputs = Outputs::start(std::slice::from_ref(&config), "run", 1).unwrap();
    let shown = format!("{config:?} {outputs:?} {}", config.destination());
    assert!(shown.contains("https://example.org"), "{shown}");
    for hidden in ["hunter2", "user", "token", "sesame"] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
    let fault = fault(&toml.replace("example.org", "exa mple.org"));
    assert!(fault.contains("url is no address"), "{fault}");
    for hidden in ["hunter2", "sesame"] {
        assert!(!fault.contains(hidden), "{hidden} in {fault}");
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_named_at_the_start() {
    let toml = webhook("url = \"https://example.org\"\nsecret_file = \"/no/such/file\"");
    let error = Outputs::start(&[read(&toml).unwrap()], "run", 1).unwrap_err().to_string();
    assert!(error.contains("secret_file: cannot read /no/such/file"), "{error}");
}
