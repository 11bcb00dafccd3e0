//! A cluster of three NATS servers takes everything while one of them is killed.

use std::{collections::BTreeSet, process::Stdio, thread, time::Duration};

use crate::{
    ALERT, SIGHTING, Subscriber, assert_same_and_in_order,
    folder::Folder,
    ids,
    receivers::filled_store,
    servers::{Server, cellwarden, free_port, run, wait_for},
};

/// Three servers that know each other, with JetStream and MQTT, and their MQTT ports.
pub fn nats_cluster(folder: &Folder) -> Option<Vec<(Server, u16)>> {
    let ports: Vec<[u16; 3]> = (0..3).map(|_| [free_port(), free_port(), free_port()]).collect();
    let routes: Vec<String> = ports.iter().map(|[_, route, _]| format!("\"nats://127.0.0.1:{route}\"")).collect();
    let mut servers = Vec::new();
    for (n, [client, route, mqtt]) in ports.iter().enumerate() {
        let config = format!(
            "server_name: node-{n}\nlisten: 127.0.0.1:{client}\njetstream {{ store_dir: {:?} }}\n\
             cluster {{ name: fleet, listen: \"127.0.0.1:{route}\", routes: [{}] }}\n\
             mqtt {{ listen: \"127.0.0.1:{mqtt}\", stream_replicas: 3, ack_wait: \"5s\" }}\n",
            folder.path(&format!("jetstream-{n}")),
            routes.join(", "),
        );
        let config = folder.write(&format!("nats-{n}.conf"), &config);
        servers.push((Server::start("nats-server", &["-c", &config], *mqtt)?, *mqtt));
    }
    Some(servers)
}

#[test]
fn three_servers_take_everything_while_one_of_them_is_killed() {
    let folder = Folder::new();
    let Some(mut servers) = nats_cluster(&folder) else { return };
    // Sender and subscriber are at two servers, the third is killed: it leads some of the streams as often as not.
    let subscriber = Subscriber::new(servers[2].1);
    let url = format!("mqtt://127.0.0.1:{}/cellwarden", servers[0].1);
    let store = folder.name("s.sqlite");
    let alerts: BTreeSet<String> = filled_store(&folder.path("s.sqlite"), &url, 200).into_iter().collect();
    let send = ["alerts", "send", "--store", &store, "--scanner", "van-3"];
    let mut child = cellwarden(&send).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started");
    wait_for("some events", || subscriber.events().len() > 40);
    let before = subscriber.events().len();
    servers[1].0.kill();
    let code = child.wait().expect("ended").code();
    assert!(before < 800, "nothing was left to send when the server was killed");
    wait_for("the outbox to be empty", || {
        let done = run(&send).status.code() == Some(0);
        thread::sleep(Duration::from_millis(if done { 0 } else { 200 }));
        done
    });
    println!("server killed after {before} of 800 events; that sender ended with {code:?}");
    wait_for("all events", || {
        let events = subscriber.events();
        ids(&events, ALERT) == alerts && ids(&events, SIGHTING).len() == 600
    });
    assert_same_and_in_order(&subscriber.events());
    // And the one that was killed comes back into the cluster.
    servers[1].0.again().expect("started again");
    let late = Subscriber::named("late", servers[1].1);
    // What is sent before the other servers know who listens there reaches nobody there.
    let mut stores = 0;
    wait_for("what is sent now", || {
        stores += 1;
        let again = format!("again-{stores}.sqlite");
        filled_store(&folder.path(&again), &url, 2);
        run(&["alerts", "send", "--store", &folder.name(&again), "--scanner", "van-3"]);
        thread::sleep(Duration::from_millis(500));
        late.events().len() >= 8
    });
}
