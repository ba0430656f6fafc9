"""A member's networks in Horizon: share networks with their subnets, security services, a share on a share server."""

from browser import PATIENCE_SECONDS
from cast import agrees, lists, tells
from shares import LIST, id_of
from steps import check, until

NETWORKS = "/project/share_networks/"
SERVICES = "/project/security_services/"
CREATE = NETWORKS + "create_share_network"
# It answers in the simulated array's network.
DIRECTORY = {"name": "directory", "dns_ip": "192.0.2.53", "server": "192.0.2.10", "domain": "example.com",
             "user": "Administrator", "password": "password", "confirm_password": "password", "type": "ldap",
             "description": "People"}


def create(ann, name, **more):
    """Creates a share network, and hands back its id and its subnet as the service tells it."""
    ann.page.open(CREATE)
    form = {"share_network_name": name, "share_network_description": "Of " + name, **more}
    ann.page.submit(form, says="Successfully created share network: " + name)
    network = id_of(ann, name, "/share-networks")
    agrees(ann.page.row("share_networks", name), id=network)
    tells(ann.page, NETWORKS + network, name, "Of " + name)
    subnet, = ann.api.get("/share-networks/" + network)["share_network_subnets"]
    return network, subnet


def create_bare(ann):
    network, subnet = create(ann, "lan")
    agrees(subnet, availability_zone=None, neutron_net_id=None, metadata={})
    return network


def create_in_zone(ann):
    zone, = ann.api.get("/availability-zones")
    network, subnet = create(ann, "wide", availability_zone=zone["id"], metadata="floor=2")
    agrees(subnet, availability_zone="nova", metadata={"floor": "2"})
    return network


def subnets_of(ann, network):
    return ann.api.get("/share-networks/" + network)["share_network_subnets"]


def add_subnet(ann, network):
    ann.page.open("%s%s/subnets/create" % (NETWORKS, network))
    ann.page.submit({"metadata": "floor=3"}, says="Successfully created share network subnet for: wide")
    found = sorted((subnet["availability_zone"] or "", subnet["metadata"]["floor"]) for subnet in subnets_of(ann, network))
    check(found == [("", "3"), ("nova", "2")], "two subnets", found)


def subnet_metadata(ann, network):
    tab = "%s%s?tab=share_network_details__subnets_tab" % (NETWORKS, network)
    lists(ann.page, tab, "subnets", [subnet["id"] for subnet in subnets_of(ann, network)])
    subnet = ann.page.rows("subnets")[0]["id"]
    for text, kept in [("floor=4\nroom=1", {"floor": "4", "room": "1"}), ("room", {"floor": "4"})]:
        ann.page.open(tab)
        ann.page.follow("subnets", subnet, "update_metadata")
        ann.page.submit({"metadata": text}, says="Share Network Subnet metadata updated.")
        agrees(ann.api.get("/share-networks/%s/subnets/%s" % (network, subnet)), metadata=kept)


def create_service(ann):
    ann.page.open(SERVICES + "create_security_service")
    ann.page.submit(DIRECTORY, says="Successfully created security service: directory")
    service = id_of(ann, "directory", "/security-services")
    told = {field: DIRECTORY[field] for field in ("type", "dns_ip", "server", "domain", "user", "description")}
    agrees(ann.api.get("/security-services/" + service), **told)
    lists(ann.page, SERVICES, "security_services", [service])
    tells(ann.page, SERVICES + service, "directory", "192.0.2.53", "example.com")
    return service


def edit_service(ann, service):
    ann.page.open(SERVICES)
    ann.page.follow("security_services", service, "edit")
    ann.page.submit({"description": "Staff", "password": "password", "confirm_password": "password"},
                    says="Successfully updated security service")
    agrees(ann.api.get("/security-services/" + service), description="Staff", domain="example.com", type="ldap")


def set_services(ann, network, services, description):
    ann.page.open(NETWORKS)
    ann.page.follow("share_networks", network, "edit")
    ann.page.submit({"description": description, "add_security_service_role_member": services},
                    says='Updated share network "wide".')
    held = [held["id"] for held in ann.api.get("/security-services/detail?share_network_id=" + network)]
    check(held == services, services, held)
    agrees(ann.api.get("/share-networks/" + network), name="wide", description=description)


def create_share(ann, network):
    ann.page.open(LIST)
    ann.page.in_modal("shares__action_create", {
        "name": "apart", "share_proto": "NFS", "size": "1", "share_type": "served",
        "share-network-choices-served": network}, says='Creating share "apart"')
    share = id_of(ann, "apart")
    row = ann.page.becomes("shares", share, "Status", "Available")
    agrees(row, **{"Share Network": "lan"})
    agrees(ann.api.get("/shares/" + share), status="available", share_network_id=network, share_type_name="served")


def server(admin, network):
    found, = [server for server in admin.api.get("/share-servers") if server["share_network_id"] == network]
    lists(admin.page, "/admin/share_servers/", "share_servers", [found["id"]])
    agrees(admin.page.row("share_servers", found["id"], "id"), Status="Active")
    tells(admin.page, "/admin/share_servers/" + found["id"], found["id"], found["host"], "lan")
    return found["id"]


def delete_server(admin, server):
    admin.page.open("/admin/share_servers/")
    admin.page.delete("share_servers", [server])
    admin.page.vanishes("share_servers", server)
    check(admin.api.get("/share-servers") == [], "no share server", admin.api.get("/share-servers"))


def delete_networks(ann):
    """A network of several subnets is refused; Horizon can't take subnets off, so that is done by REST."""
    wide = id_of(ann, "wide", "/share-networks")
    ann.page.open(NETWORKS)
    ann.page.delete("share_networks", [wide], refused="Unable to delete")
    for subnet in subnets_of(ann, wide)[1:]:
        ann.api.ask("DELETE", "/share-networks/%s/subnets/%s" % (wide, subnet["id"]))
    ann.page.open(NETWORKS)
    ann.page.delete("share_networks", [network["id"] for network in ann.api.get("/share-networks")])
    until(lambda: ann.api.get("/share-networks") == [], PATIENCE_SECONDS)
    lists(ann.page, NETWORKS, "share_networks", [])


def delete_service(ann, service):
    ann.page.open(SERVICES)
    ann.page.delete("security_services", [service])
    lists(ann.page, SERVICES, "security_services", [])
    check(ann.api.get("/security-services") == [], "no service", ann.api.get("/security-services"))


def walk(step, cast):
    """Hands back the security service and the share server, for `tidy`."""
    ann, admin = cast.ann, cast.admin
    lan = step("create a share network", create_bare, ann)
    wide = step("create a share network with a subnet in a zone, with metadata", create_in_zone, ann)
    step("add a subnet", add_subnet, ann, wide)
    step("set and unset metadata of a subnet", subnet_metadata, ann, wide)
    service = step("create a security service", create_service, ann)
    step("edit a security service", edit_service, ann, service)
    step("add a security service to a network", set_services, ann, wide, [service], "With directory")
    step("take it off", set_services, ann, wide, [], "Without")
    step("create a share on a share server", create_share, ann, lan)
    return service, step("the share server, as its administrator sees it", server, admin, lan)


def tidy(step, cast, service, server):
    step("delete a share server", delete_server, cast.admin, server)
    step("delete share networks", delete_networks, cast.ann)
    step("delete a security service", delete_service, cast.ann, service)
