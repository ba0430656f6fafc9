"""Says what the real oslo.config reads, so that our reader can be compared with it.

Reads a JSON object from stdin and writes one to stdout:

    options: [{group, name, kind, min, max, choices, default, old: [[group, name]]}]
    cases:   [{files: [text], environment: {name: text}}]

    one per case: null where oslo.config refuses a file, else {"group.name": {"value": ...} or {"error": text}}
"""

import json
import logging
import os
import sys
import tempfile

from oslo_config import cfg
from oslo_config import types


def opt_type(option):
    kind = option['kind']
    bounds = {'min': option['min'], 'max': option['max']}
    return {
        'str': lambda: types.String(),
        'path': lambda: types.String(regex='^/.+'),
        'int': lambda: types.Integer(**bounds),
        'float': lambda: types.Float(min=option['min']),
        'bool': lambda: types.Boolean(),
        'list': lambda: types.List(),
        'list_of': lambda: types.List(types.String(choices=option['choices'], ignore_case=True)),
        'dict': lambda: types.Dict(),
        'dict_of_lists': lambda: types.Dict(types.List(types.String(), bounds=True)),
        'port': lambda: types.Port(),
        'host': lambda: types.HostAddress(),
        'enum': lambda: types.String(choices=option['choices']),
    }[kind]()


def opt(option):
    rest = {
        'default': option['default'],
        'deprecated_opts': [cfg.DeprecatedOpt(name, group=group) for group, name in option['old']],
    }
    if option['kind'] == 'multi_dict':
        return cfg.MultiOpt(option['name'], item_type=types.Dict(), **rest)
    return cfg.Opt(option['name'], type=opt_type(option), **rest)


def read(options, case, folder):
    paths = []
    for number, text in enumerate(case['files']):
        paths.append(os.path.join(folder, '%d.conf' % number))
        with open(paths[-1], 'w', newline='') as file:
            file.write(text)
    conf = cfg.ConfigOpts()
    for option in options:
        group = None if option['group'] == 'DEFAULT' else option['group']
        conf.register_opt(opt(option), group=group)
    try:
        conf([arg for path in paths for arg in ('--config-file', path)],
             project='oracle', default_config_files=[], default_config_dirs=[])
    except cfg.ConfigFileParseError:
        return None
    values = {}
    for option in options:
        holder = conf if option['group'] == 'DEFAULT' else conf[option['group']]
        try:
            value = getattr(holder, option['name'])
            # oslo.config can't have an empty list as the default of a repeated dictionary.
            answer = {'value': [] if value is None and option['kind'] == 'multi_dict' else value}
        except (Exception, RecursionError) as error:
            answer = {'error': str(error)}
        values[option['group'] + '.' + option['name']] = answer
    return values


def main():
    logging.getLogger().addHandler(logging.NullHandler())
    question = json.load(sys.stdin)
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        for case in question['cases']:
            for name in [name for name in os.environ if name.startswith('OS_')]:
                del os.environ[name]
            os.environ.update(case['environment'])
            answers.append(read(question['options'], case, folder))
    json.dump(answers, sys.stdout)


if __name__ == '__main__':
    main()
