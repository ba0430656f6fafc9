//! Quota sets and quota classes: limits as clients see and administrators set them. Source: quotas-and-limits.md.
//!
//! Which keys exist at which microversion is the domain's table ([`manilad_domain::quota::Key`]); bodies and views here
//! are built from it, so the rows below answer plain JSON.

mod body;
mod change;
mod class;
mod place;
mod show;
mod view;

use body::{NewClassLimits, NewLimits};
use change::{remove, update};
use class::{show as show_class, update as update_class};
use place::WITHIN;
use show::{defaults, detail, show};
use view::{class, detailed, named, unnamed, unnamed_class};

crate::routes! {
    GET    "/os-quota-sets/{project_id}"          [..=2.6] "quota_set:show"   => show ? WITHIN              -> 200 json named;
    PUT    "/os-quota-sets/{project_id}"          [..=2.6] "quota_set:update" => update(NewLimits) ? WITHIN -> 200 json unnamed;
    DELETE "/os-quota-sets/{project_id}"          [..=2.6] "quota_set:delete" => remove ? WITHIN            -> 202;
    GET    "/os-quota-sets/{project_id}/defaults" [..=2.6] "quota_set:show"   => defaults                   -> 200 json named;
    GET    "/quota-sets/{project_id}"             [2.7..]  "quota_set:show"   => show ? WITHIN              -> 200 json named;
    PUT    "/quota-sets/{project_id}"             [2.7..]  "quota_set:update" => update(NewLimits) ? WITHIN -> 200 json unnamed;
    DELETE "/quota-sets/{project_id}"             [2.7..]  "quota_set:delete" => remove ? WITHIN            -> 202;
    GET    "/quota-sets/{project_id}/defaults"    [2.7..]  "quota_set:show"   => defaults                   -> 200 json named;
    GET    "/quota-sets/{project_id}/detail"      [2.25..] "quota_set:show"   => detail ? WITHIN            -> 200 json detailed;
    GET    "/os-quota-class-sets/{class_name}" [..=2.6] "quota_class_set:show"   => show_class                   -> 200 json class;
    PUT    "/os-quota-class-sets/{class_name}" [..=2.6] "quota_class_set:update" => update_class(NewClassLimits) -> 200 json unnamed_class;
    GET    "/quota-class-sets/{class_name}"    [2.7..]  "quota_class_set:show"   => show_class                   -> 200 json class;
    PUT    "/quota-class-sets/{class_name}"    [2.7..]  "quota_class_set:update" => update_class(NewClassLimits) -> 200 json unnamed_class;
}
