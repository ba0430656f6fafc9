"""A tenant by NetApp's own library `netapp-ontap`: network, SVM, addresses, services; and all of it taken away again.

    $MANILAD_PEERS/netapp/bin/python tenant.py --port 8443 --password ... --net 127.40.1

Needs a cluster account, and the networks `<net>0.0/24` and `<net>1.0/24`.
"""

import argparse
import pathlib
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from steps import Steps, check  # noqa: E402

from netapp_ontap import HostConnection, NetAppRestError  # noqa: E402
from netapp_ontap.resources import (  # noqa: E402
    BroadcastDomain, Dns, IpInterface, IpServicePolicy, Ipspace, NetworkRoute, NfsService, Node, Port, Svm, Volume)

TAG = 321


def flow(step, net):
    name = "lib-" + uuid.uuid4().hex[:8]
    ipspace, domain = Ipspace(name="space_" + name), BroadcastDomain(name="domain_" + name, mtu=1500)
    svm, ports = Svm(name=name), []

    def refused(call, code):
        try:
            call()
        except NetAppRestError as refusal:
            said = refusal.response_body["error"]
            check(said["code"] == code, "a refusal with " + code, said)
        else:
            check(False, "a refusal", "none")

    def create_network():
        ipspace.post(hydrate=True)
        domain.ipspace = {"name": ipspace.name}
        domain.post(hydrate=True)
        check(domain.uuid and domain.mtu == 1500, "a domain of 1500 bytes", domain)

    def create_vlans():
        for node in Node.get_collection():
            port = Port(type="vlan", node={"name": node.name}, vlan={"tag": TAG, "base_port": {"name": "e0d"}},
                        broadcast_domain={"name": domain.name, "ipspace": {"name": ipspace.name}})
            port.post(hydrate=True)
            ports.append(port)
            check(port.name == "e0d-%d" % TAG and port.state == "up", "a VLAN that is up", port)

    def create_svm():
        svm.ipspace = {"name": ipspace.name}
        svm.nfs = {"enabled": True}
        svm.nsswitch = {"namemap": ["files"]}
        svm.ip_interfaces = [{
            "name": "one", "ip": {"address": net + "0.10", "netmask": "24"}, "service_policy": "default-data-files",
            "location": {"home_node": {"name": ports[0].node.name}, "broadcast_domain": {"name": domain.name}}}]
        svm.routes = [{"destination": {"address": "0.0.0.0", "netmask": "0"}, "gateway": net + "0.1"}]
        svm.post(poll_interval=1)
        found = Svm.find(name=name, fields="*")
        check(found.state == "running" and found.ipspace.name == ipspace.name, "running in its IPspace", found)
        svm.uuid = found.uuid

    def addresses():
        rows = IpInterface.get_collection(**{"svm.name": name}, fields="ip,state,location")
        return {row.name: (row.ip.address, row.location.home_port.name) for row in rows}

    def create_address():
        lif = IpInterface(name="two", svm={"name": name}, ip={"address": net + "1.10", "netmask": "255.255.255.0"},
                          location={"home_port": {"name": ports[1].name, "node": {"name": ports[1].node.name}},
                                    "home_node": {"name": ports[1].node.name}},
                          service_policy={"name": "default-data-files"})
        lif.post(hydrate=True)
        expected = {"one": (net + "0.10", ports[0].name), "two": (net + "1.10", ports[1].name)}
        check(addresses() == expected, expected, addresses())
        lif.enabled = False
        lif.patch()
        lif.get(fields="state")
        check(lif.state == "down", "an address that is down", lif)
        again = IpInterface(name="three", svm={"name": name}, ip={"address": net + "1.10", "netmask": "24"})
        refused(again.post, "1376963")
        lif.delete()

    def services():
        service = NfsService.find(**{"svm.name": name})
        service.protocol = {"v3_enabled": True, "v41_enabled": True}
        service.patch()
        policy = IpServicePolicy.find(name="default-data-files", **{"svm.name": name})
        policy.services = ["data_core", "data_nfs"]
        policy.patch()
        found = IpInterface.find(name="one", **{"svm.name": name}, fields="services")
        check(found and found.services == ["data_core", "data_nfs"], "the two services", found)
        refused(Dns(svm={"name": name}, domains=["example.com"], servers=["192.0.2.99"]).post, "8847399")
        Dns(svm={"name": name}, domains=["example.com"], servers=["192.0.2.53"]).post()

    def delete_svm():
        check(NetworkRoute.count_collection(**{"svm.name": name}) == 1, "one route", "others")
        svm.delete(poll_interval=1)
        left = [kind.__name__ for kind in (IpInterface, NetworkRoute, IpServicePolicy, Volume)
                if kind.count_collection(**{"svm.name": name})]
        check(not left and Svm.find(name=name) is None, "nothing of the SVM", left)

    def delete_network():
        refused(ipspace.delete, "1969180")
        refused(domain.delete, "1967103")
        for port in ports:
            port.delete()
        domain.delete()
        ipspace.delete()
        check(Ipspace.find(name=ipspace.name) is None, "no IPspace " + ipspace.name, "one")

    step("create an IPspace and a broadcast domain", create_network)
    step("create a VLAN on each node", create_vlans)
    step("create an SVM with an address and a route", create_svm)
    step("create, disable and delete an address", create_address)
    step("change its services", services)
    step("delete the IPspace of an SVM is refused", refused, ipspace.delete, "1966333")
    step("delete the SVM", delete_svm)
    step("delete the VLANs, the broadcast domain and the IPspace", delete_network)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--scheme", choices=["http", "https"], default="https")
    arguments.add_argument("--ca", help="certificate authorities to trust, PEM")
    arguments.add_argument("--insecure", action="store_true", help="accept any certificate")
    arguments.add_argument("--login", default="admin")
    arguments.add_argument("--password", required=True)
    arguments.add_argument("--net", required=True, help="the start of two networks: 127.40.1 has 127.40.10 and 127.40.11")
    arguments.add_argument("--deadline", type=int, default=120, help="seconds for the whole flow")
    given = arguments.parse_args()
    step = Steps(given.deadline)
    with HostConnection(given.host, given.login, given.password, verify=given.ca or not given.insecure,
                        port=given.port, scheme=given.scheme):
        flow(step, given.net)
    step.finish()


if __name__ == "__main__":
    main()
