//! What came of work on rules becomes the new state of rules, and of the instance that they were applied to.
//!
//! How to get it wrong: to settle a rule that has changed since the task was formed.

use manilad_domain::access::{self, AccessRule};
use manilad_domain::intent::Verb;
use manilad_domain::message::{Action, Detail};
use manilad_domain::outcome::{Applied, RefusedRule, Trouble};
use manilad_domain::status::{RuleState, RulesStatus};
use manilad_domain::{Intent, Record, Share};
use manilad_store::{Draft, Error, Range};

use super::{Next, Settling, change};

impl Settling {
    /// What came of rules, which were `formed` when the driver was asked.
    pub fn applied(
        mut self,
        draft: &mut Draft<'_>,
        seen: &Intent,
        formed: &[AccessRule],
        applied: &Applied,
    ) -> Result<Next, Error> {
        let Some((intent, share)) = self.open(draft, seen, Verb::Access)? else { return Ok(Next::Stale) };
        self.note(draft, &intent)?;
        match applied {
            Applied::AllBut(refused) => self.all_applied(draft, &intent, share, formed, refused),
            Applied::NotYet(refused) => self.partly_applied(draft, &intent, &share, formed, refused),
        }
    }

    /// Rules that changed since the task was formed stay owed; the intent stays open for them.
    fn all_applied(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        share: Share,
        formed: &[AccessRule],
        refused: &[RefusedRule],
    ) -> Result<Next, Error> {
        for rule in rules_of(draft, &share)? {
            let Some(before) = formed.iter().find(|one| one.id == rule.id) else { continue };
            if before.state != rule.state || before.level != rule.level {
                continue;
            }
            if let Some(why) = refused.iter().find(|one| one.id == rule.id) {
                self.refuse_rule(draft, intent, &share, rule, why.detail)?;
            } else if !rule.state.is_wanted() && rule.state != RuleState::Error {
                draft.remove(&rule)?;
            } else if rule.state.is_owed() {
                draft.put(&AccessRule { state: RuleState::Active, updated_at: Some(self.now), ..rule })?;
            }
        }
        self.close_access(draft, intent, share)
    }

    /// The refused rules are in error, and what is left is owed as before.
    fn partly_applied(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        share: &Share,
        formed: &[AccessRule],
        refused: &[RefusedRule],
    ) -> Result<Next, Error> {
        for rule in rules_of(draft, share)? {
            let is_as_formed =
                |one: &&AccessRule| one.id == rule.id && one.state == rule.state && one.level == rule.level;
            let why = refused.iter().find(|one| one.id == rule.id);
            if let Some((why, _)) = why.zip(formed.iter().find(is_as_formed)) {
                self.refuse_rule(draft, intent, share, rule, why.detail)?;
            }
        }
        draft.put(&Intent { spent_seconds: 0, ..intent.clone() })?;
        Ok(self.again())
    }

    /// The array could not be brought to the rules at all: every rule that is owed is in error. Where nothing serves the
    /// instance, nobody gets in, and what was to be denied is.
    pub(super) fn access_failed(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        share: Share,
        trouble: &Trouble,
        is_served: bool,
    ) -> Result<Next, Error> {
        for rule in rules_of(draft, &share)?.into_iter().filter(|rule| rule.state.is_owed()) {
            if !is_served && !rule.state.is_wanted() {
                draft.remove(&rule)?;
                continue;
            }
            self.refuse_rule(draft, intent, &share, rule, trouble.detail)?;
        }
        self.close_access(draft, intent, share)
    }

    fn refuse_rule(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        share: &Share,
        rule: AccessRule,
        detail: Detail,
    ) -> Result<(), Error> {
        draft.put(&AccessRule { state: RuleState::Error, updated_at: Some(self.now), ..rule })?;
        self.tell(draft, intent, share, Action::UpdateAccessRules, detail)
    }

    fn close_access(&mut self, draft: &mut Draft<'_>, intent: &Intent, mut share: Share) -> Result<Next, Error> {
        let left = rules_of(draft, &share)?;
        let is_owed = left.iter().any(|rule| rule.state.is_owed());
        let status = match is_owed {
            true => RulesStatus::Syncing,
            false if left.iter().any(|rule| rule.state == RuleState::Error) => RulesStatus::Error,
            false => RulesStatus::Active,
        };
        change(&mut share, intent.instance, |instance| instance.rules_status = status);
        draft.put(&share)?;
        if is_owed {
            draft.put(&Intent { spent_seconds: 0, ..intent.clone() })?;
            return Ok(self.again());
        }
        draft.remove(intent)?;
        Ok(Next::NOBODY)
    }
}

pub(super) fn rules_of(draft: &Draft<'_>, share: &Share) -> Result<Vec<AccessRule>, Error> {
    draft.scan(Range::of(access::BY_SHARE, [share.key()]))
}
