"""Says what the real oslo.policy decides, so that our engine can be compared with it.

Reads a JSON object from stdin and writes one to stdout:

    worlds: [{defaults: [{name, check, deprecated, scopes}], file: {rule: check},
              enforce_new_defaults, default_rule, credentials: [{...}], targets: [{...}], ask: [rule]}]
    files:  [text of a policy file]

    worlds: [{complained: [rule of the file], broken: [rule of the file], decisions: {rule: "10E..."}}]
            one character per credentials x target (targets vary fastest):
            1 allowed, 0 denied, E oslo.policy raised
    files:  [{rule: check} or null where oslo.policy refuses the file]

"complained" lists the rules whose check oslo.policy could not understand; it logs those and goes on. "broken" lists
those of which some part raises when it is evaluated, even if "and" and "or" never get there.
"""

import json
import logging
import os
import sys
import tempfile
import warnings

from oslo_config import cfg
from oslo_policy import _parser
from oslo_policy import policy


class Complaints(logging.Handler):
    def __init__(self):
        super().__init__()
        self.count = 0

    def emit(self, record):
        self.count += 1


def complaints(checks):
    handler = Complaints()
    logger = logging.getLogger('oslo_policy._parser')
    logger.addHandler(handler)
    found = []
    for name, check in checks.items():
        before = handler.count
        _parser.parse_rule(check)
        if handler.count > before:
            found.append(name)
    logger.removeHandler(handler)
    return found


def leaves(check):
    for part in getattr(check, 'rules', [getattr(check, 'rule', None)]):
        if part is not None:
            yield from leaves(part)
    if isinstance(check, policy.Check) and not isinstance(check, policy.RuleCheck):
        yield check


def is_broken(check, world, enforcer):
    return any(
        decide(enforcer, leaf, target, credentials) == 'E'
        for leaf in leaves(check)
        for credentials in world['credentials'][:1]
        for target in world['targets'])


def enforcer_of(world, path):
    with open(path, 'w') as file:
        json.dump(world['file'], file)
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[])
    enforcer = policy.Enforcer(conf, policy_file=path, default_rule=world['default_rule'])
    conf.set_override('enforce_new_defaults', world['enforce_new_defaults'], group='oslo_policy')
    for rule in world['defaults']:
        old = rule['deprecated']
        enforcer.register_default(policy.RuleDefault(
            name=rule['name'],
            check_str=rule['check'],
            scope_types=rule['scopes'] or None,
            deprecated_rule=None if old is None else policy.DeprecatedRule(
                name=rule['name'], check_str=old, deprecated_reason='superseded', deprecated_since='1'),
        ))
    enforcer.load_rules()
    # Nothing changes any more; without this every question would look at the file again.
    enforcer.load_rules = lambda: None
    return enforcer


def decide(enforcer, rule, target, credentials):
    try:
        return '1' if enforcer.enforce(rule, target, dict(credentials)) else '0'
    except Exception:
        return 'E'


def judged(world, path):
    enforcer = enforcer_of(world, path)
    return {
        'complained': complaints(world['file']),
        'broken': [name for name in world['file'] if is_broken(enforcer.rules[name], world, enforcer)],
        'decisions': {
            rule: ''.join(
                decide(enforcer, rule, target, credentials)
                for credentials in world['credentials']
                for target in world['targets'])
            for rule in world['ask']
        },
    }


def parsed(text):
    try:
        rules = policy.parse_file_contents(text)
        policy.Rules.load(text)
        return rules
    except Exception:
        return None


def main():
    logging.getLogger().addHandler(logging.NullHandler())
    warnings.simplefilter('ignore')
    question = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'policy.yaml')
        answer = {
            'worlds': [judged(world, path) for world in question.get('worlds', [])],
            'files': [parsed(text) for text in question.get('files', [])],
        }
    json.dump(answer, sys.stdout)


if __name__ == '__main__':
    main()
