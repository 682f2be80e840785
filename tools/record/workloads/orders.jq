# SPDX-License-Identifier: Apache-2.0
# Makes a list of orders, then groups, joins, sums and sorts it.
def orders: [range(60) | {id: ., site: "town \(. % 5)", part: (. * 7 % 11),
  amount: (1 + . * 3 % 8), tags: ["a\(. % 3)", "b\(. % 4)"]}];
def parts: [range(11) | {key: "\(.)", value: {name: "part \(.)", price: (100 + . * 37)}}] | from_entries;
parts as $parts
| orders
| map(. + {money: (.amount * $parts["\(.part)"].price), name: $parts["\(.part)"].name})
| group_by(.site)
| map({site: .[0].site, total: (map(.money) | add), names: (map(.name) | unique | join(", ")),
       best: max_by(.money), text: (map("\(.id):\(.tags | join("+"))") | join(" ") | ascii_upcase)})
| sort_by(-.total)
