// The calls of the Manila CSI plugin of Kubernetes, in its order and at its microversion, through the client library that it is
// made with: gophercloud, as Debian has it.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run csi.go --endpoint http://127.0.0.1:8786/v2 --type csi
//
// A volume is made, staged, made larger, snapshotted, restored to another one, and all is taken away again; what a controller asks
// twice after it was restarted is asked twice. The share type has to be there, with snapshots.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/gophercloud/gophercloud"
	"github.com/gophercloud/gophercloud/openstack/sharedfilesystems/apiversions"
	"github.com/gophercloud/gophercloud/openstack/sharedfilesystems/v2/shares"
	"github.com/gophercloud/gophercloud/openstack/sharedfilesystems/v2/sharetypes"
	"github.com/gophercloud/gophercloud/openstack/sharedfilesystems/v2/snapshots"
)

// What the plugin asks for, whatever else is on offer.
const microversion = "2.37"

// How long anything may take, and the pause between two looks.
const (
	patience = 60 * time.Second
	pause    = 100 * time.Millisecond
)

var passed, failed int

func step(title string, act func() error) {
	began := time.Now()
	outcome, why := "ok  ", ""
	if err := act(); err != nil {
		failed++
		outcome, why = "FAIL", ": "+err.Error()
	} else {
		passed++
	}
	fmt.Printf("%s %7d ms  %s%s\n", outcome, time.Since(began).Milliseconds(), title, why)
}

func until(what string, look func() (bool, error)) error {
	for began := time.Now(); time.Since(began) < patience; time.Sleep(pause) {
		if done, err := look(); done || err != nil {
			return err
		}
	}
	return fmt.Errorf("not %s within %s", what, patience)
}

type plugin struct {
	client    *gophercloud.ServiceClient
	shareType string
}

// The plugin works with a service whose microversions reach over its own.
func (p plugin) version() error {
	version, err := apiversions.Get(p.client, "v2").Extract()
	if err != nil {
		return err
	}
	if version.MinVersion > "2.7" || len(version.Version) < len(microversion) || version.Version < microversion {
		return fmt.Errorf("%s to %s", version.MinVersion, version.Version)
	}
	return nil
}

func (p plugin) hasType() error {
	pages, err := sharetypes.List(p.client, sharetypes.ListOpts{}).AllPages()
	if err != nil {
		return err
	}
	all, err := sharetypes.ExtractShareTypes(pages)
	for _, one := range all {
		if one.Name == p.shareType {
			return nil
		}
	}
	return fmt.Errorf("no share type %s among %d: %v", p.shareType, len(all), err)
}

func (p plugin) shareByName(name string) (*shares.Share, error) {
	pages, err := shares.ListDetail(p.client, shares.ListOpts{Name: name}).AllPages()
	if err != nil {
		return nil, err
	}
	all, err := shares.ExtractShares(pages)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if len(all) > 1 {
		return nil, fmt.Errorf("%d shares are called %s", len(all), name)
	}
	return &all[0], nil
}

// CreateVolume: by name, so that asking twice makes one.
func (p plugin) create(name string, gib int, snapshot string) (string, error) {
	found, err := p.shareByName(name)
	if err != nil {
		return "", err
	}
	if found == nil {
		found, err = shares.Create(p.client, shares.CreateOpts{
			ShareProto: "NFS", Size: gib, Name: name, ShareType: p.shareType, SnapshotID: snapshot,
			Metadata: map[string]string{"manila.csi.openstack.org/cluster": "test"},
		}).Extract()
		if err != nil {
			return "", err
		}
	}
	return found.ID, p.untilShare(found.ID, "available")
}

func (p plugin) untilShare(id, wanted string) error {
	return until(wanted, func() (bool, error) {
		share, err := shares.Get(p.client, id).Extract()
		if err != nil {
			return false, err
		}
		if share.Status == "error" || share.Status == "extending_error" {
			return false, fmt.Errorf("the share is %s", share.Status)
		}
		return share.Status == wanted, nil
	})
}

// Grants access unless it is granted, and waits until it is in force.
func (p plugin) grant(id, to string) error {
	rights := func() ([]shares.AccessRight, error) { return shares.ListAccessRights(p.client, id).Extract() }
	all, err := rights()
	if err != nil {
		return err
	}
	if len(all) == 0 {
		opts := shares.GrantAccessOpts{AccessType: "ip", AccessTo: to, AccessLevel: "rw"}
		if _, err := shares.GrantAccess(p.client, id, opts).Extract(); err != nil {
			return err
		}
	}
	return until("active", func() (bool, error) {
		all, err := rights()
		if err != nil || len(all) != 1 {
			return false, fmt.Errorf("%d rights: %v", len(all), err)
		}
		return all[0].State == "active" && all[0].AccessTo == to, nil
	})
}

func (p plugin) paths(id string) error {
	all, err := shares.ListExportLocations(p.client, id).Extract()
	if err == nil && (len(all) == 0 || all[0].Path == "") {
		err = fmt.Errorf("no path: %v", all)
	}
	return err
}

// ControllerExpandVolume.
func (p plugin) expand(id string, gib int) error {
	share, err := shares.Get(p.client, id).Extract()
	if err != nil || share.Size >= gib {
		return err
	}
	if err := shares.Extend(p.client, id, shares.ExtendOpts{NewSize: gib}).ExtractErr(); err != nil {
		return err
	}
	if err := p.untilShare(id, "available"); err != nil {
		return err
	}
	share, err = shares.Get(p.client, id).Extract()
	if err == nil && share.Size != gib {
		err = fmt.Errorf("%d GiB", share.Size)
	}
	return err
}

// CreateSnapshot: by name too.
func (p plugin) snapshot(share, name string) (string, error) {
	pages, err := snapshots.ListDetail(p.client, snapshots.ListOpts{Name: name}).AllPages()
	if err != nil {
		return "", err
	}
	all, err := snapshots.ExtractSnapshots(pages)
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		made, err := snapshots.Create(p.client, snapshots.CreateOpts{ShareID: share, Name: name}).Extract()
		if err != nil {
			return "", err
		}
		all = append(all, *made)
	}
	id := all[0].ID
	return id, until("available", func() (bool, error) {
		found, err := snapshots.Get(p.client, id).Extract()
		if err != nil {
			return false, err
		}
		if found.Status == "error" || found.ShareID != share || found.ShareSize == 0 {
			return false, fmt.Errorf("the snapshot is %+v", found)
		}
		return found.Status == "available", nil
	})
}

func isGone(err error) bool {
	_, gone := err.(gophercloud.ErrDefault404)
	return gone
}

// DeleteVolume and DeleteSnapshot: what is gone already is gone.
func remove(what string, remove func() error, get func() error) error {
	if err := remove(); err != nil && !isGone(err) {
		return err
	}
	return until("gone: "+what, func() (bool, error) {
		err := get()
		if err == nil {
			return false, nil
		}
		if isGone(err) {
			return true, nil
		}
		return false, err
	})
}

func (p plugin) deleteShare(id string) error {
	return remove("share", func() error { return shares.Delete(p.client, id).ExtractErr() },
		func() error { _, err := shares.Get(p.client, id).Extract(); return err })
}

func (p plugin) deleteSnapshot(id string) error {
	return remove("snapshot", func() error { return snapshots.Delete(p.client, id).ExtractErr() },
		func() error { _, err := snapshots.Get(p.client, id).Extract(); return err })
}

func main() {
	endpoint := flag.String("endpoint", "", "address of the service, with /v2")
	shareType := flag.String("type", "csi", "share type of the volumes")
	flag.Parse()
	provider := &gophercloud.ProviderClient{TokenID: "nobody"}
	p := plugin{shareType: *shareType, client: &gophercloud.ServiceClient{
		ProviderClient: provider, Endpoint: *endpoint + "/", Type: "sharev2", Microversion: microversion,
	}}
	var volume, snapshot, restored string
	step("the version of the service", p.version)
	step("the share type is found by its name", p.hasType)
	for _, time := range []string{"", " again"} {
		step("CreateVolume"+time, func() (err error) {
			before := volume
			volume, err = p.create("pvc-1", 1, "")
			if err == nil && before != "" && before != volume {
				err = fmt.Errorf("it is another one")
			}
			return err
		})
		step("access is granted"+time, func() error { return p.grant(volume, "10.0.0.1") })
	}
	step("export locations", func() error { return p.paths(volume) })
	step("ControllerExpandVolume to 2 GiB", func() error { return p.expand(volume, 2) })
	step("ControllerExpandVolume again", func() error { return p.expand(volume, 2) })
	step("CreateSnapshot", func() (err error) { snapshot, err = p.snapshot(volume, "snapshot-1"); return err })
	step("CreateSnapshot again", func() error { _, err := p.snapshot(volume, "snapshot-1"); return err })
	step("CreateVolume from it", func() (err error) { restored, err = p.create("pvc-2", 2, snapshot); return err })
	step("its access and export locations", func() error {
		if err := p.grant(restored, "10.0.0.0/24"); err != nil {
			return err
		}
		return p.paths(restored)
	})
	step("DeleteVolume of what has a snapshot is refused", func() error {
		if err := shares.Delete(p.client, volume).ExtractErr(); err == nil {
			return fmt.Errorf("it was not")
		}
		return nil
	})
	step("DeleteVolume of what was restored", func() error { return p.deleteShare(restored) })
	step("DeleteSnapshot", func() error { return p.deleteSnapshot(snapshot) })
	step("DeleteSnapshot again", func() error { return p.deleteSnapshot(snapshot) })
	step("DeleteVolume", func() error { return p.deleteShare(volume) })
	step("DeleteVolume again", func() error { return p.deleteShare(volume) })
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
