# What httpd -t says of the helper's directives.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;

my @modules = qw(authz_core alias proxy proxy_http);

# (ends well, what is printed) of a server with these lines in it
sub verdict {
    my ($lines) = @_;
    return Server->new(modules => \@modules, helper => 1)->configure($lines)->httpd('-t');
}

my $max     = 'must be a whole number from 1 to 10000000; to disable event tunnels use UpgradeTunnel thread';
my $drain   = 'must be a whole number from 0 to 86400';
my $seconds = 'must be a whole number from 1 to 31536000; or none';
my $client  = 'must be a whole number from 1 to 1000000; or none';
my $sides   = 'must be to=client, to=backend, to=both or unanswered=number';

# [line, message]
my @wrong = (
    ['UpgradeTunnelIdle 0',                 "UpgradeTunnelIdle 0: $seconds"],
    ['UpgradeTunnelIdle -5',                "UpgradeTunnelIdle -5: $seconds"],
    ['UpgradeTunnelIdle 31536001',          "UpgradeTunnelIdle 31536001: $seconds"],
    ['UpgradeTunnelIdle 10s',               "UpgradeTunnelIdle 10s: $seconds"],
    ['UpgradeTunnelPing',                   "UpgradeTunnelPing \"\": $seconds"],
    ['UpgradeTunnelPing 0',                 "UpgradeTunnelPing 0: $seconds"],
    ['UpgradeTunnelPing off',               "UpgradeTunnelPing off: $seconds"],
    ['UpgradeTunnelPing none to=both',      "UpgradeTunnelPing none: $seconds"],
    ['UpgradeTunnelPing 25 to=server',      'UpgradeTunnelPing server: must be one of client, backend, both'],
    ['UpgradeTunnelPing 25 to=',            'UpgradeTunnelPing "": must be one of client, backend, both'],
    ['UpgradeTunnelPing 25 both',           "UpgradeTunnelPing both: $sides"],
    ['UpgradeTunnelPing 25 unanswered=0',   'UpgradeTunnelPing 0: must be a whole number from 1 to 100'],
    ['UpgradeTunnelPing 25 unanswered=101', 'UpgradeTunnelPing 101: must be a whole number from 1 to 100'],
    ["UpgradeTunnelPing 25 \"to=\tboth\"",   'contains a control character'],
    ["UpgradeTunnelPing 25 \"x\ty\"",       'UpgradeTunnelPing x?y: contains a control character'],
    ['UpgradeTunnelAge 0',                  "UpgradeTunnelAge 0: $seconds"],
    ['UpgradeTunnelAge 60 jitter=91',       'UpgradeTunnelAge 91: must be a whole number from 0 to 90'],
    ['UpgradeTunnelAge 60 jitter=5%',       'UpgradeTunnelAge 5%: must be a whole number from 0 to 90'],
    ['UpgradeTunnelAge 60 60',              'UpgradeTunnelAge 60: must be jitter=percent'],
    ['UpgradeTunnelMessageMax 0',           'UpgradeTunnelMessageMax 0: must be a whole number from 1 to'],
    ['UpgradeTunnelMessageMax 1M',          'UpgradeTunnelMessageMax 1M: must be a whole number from 1 to'],
    ['UpgradeTunnelMessageMax 9223372036854775808', 'UpgradeTunnelMessageMax 9223372036854775808: must be'],
    ['UpgradeTunnelPerClient 0',            "UpgradeTunnelPerClient 0: $client"],
    ['UpgradeTunnelPerClient 1000001',      "UpgradeTunnelPerClient 1000001: $client"],
    ['UpgradeTunnelLogOpen yes',            'UpgradeTunnelLogOpen yes: must be one of on, off'],
    ['UpgradeTunnel poll',                  'UpgradeTunnel poll: must be one of thread, event'],
    ['UpgradeKeep http',                    'UpgradeKeep http: must be one of WebSocket, none'],
    ["UpgradeKeep \"Web\tSocket\"",         'UpgradeKeep Web?Socket: contains a control character'],
    ['UpgradeTunnelMax 0',                  "UpgradeTunnelMax 0: $max"],
    ['UpgradeTunnelMax many',               "UpgradeTunnelMax many: $max"],
    ['UpgradeTunnelMax -1',                 "UpgradeTunnelMax -1: $max"],
    ['UpgradeTunnelMax 10000001',           "UpgradeTunnelMax 10000001: $max"],
    ['UpgradeTunnelMax 99999999999999999999', "UpgradeTunnelMax 99999999999999999999: $max"],
    ['UpgradeTunnelMax 1.5',                "UpgradeTunnelMax 1.5: $max"],
    ['UpgradeTunnelDrain 86401',            "UpgradeTunnelDrain 86401: $drain"],
    ['UpgradeTunnelDrain 5s',               "UpgradeTunnelDrain 5s: $drain"],
    ["<VirtualHost *>\nUpgradeTunnelMax 5\n</VirtualHost>",
        'UpgradeTunnelMax cannot occur within <VirtualHost> section'],
    ["<Location /x>\nUpgradeTunnelDrain 5\n</Location>", 'UpgradeTunnelDrain not allowed'],
    ["<Location /x>\n<Limit GET>\nUpgradeTunnel event\n</Limit>\n</Location>", 'cannot occur within <Limit>'],
    ["<Location /x>\n<Limit GET>\nUpgradeTunnelIdle 5\n</Limit>\n</Location>", 'cannot occur within <Limit>'],
);
for my $case (@wrong) {
    my ($line, $message) = @$case;
    my ($status, $output) = verdict($line);
    like $output, qr/\Q$message/, "refused: $line";
}

my @right = (
    'UpgradeTunnelIdle 1', 'UpgradeTunnelIdle 31536000', 'UpgradeTunnelIdle None',
    'UpgradeTunnelPing 25', 'UpgradeTunnelPing none', 'UpgradeTunnelPing 1 TO=Both unanswered=100',
    'UpgradeTunnelPing 30 unanswered=1 to=backend', 'UpgradeTunnelAge 60', 'UpgradeTunnelAge none',
    'UpgradeTunnelAge 60 jitter=0', 'UpgradeTunnelAge 60 jitter=90',
    'UpgradeTunnelMessageMax 9223372036854775807', 'UpgradeTunnelMessageMax none',
    'UpgradeTunnelPerClient 1', 'UpgradeTunnelPerClient none', 'UpgradeTunnelLogOpen On',
);
for my $place ('%s', "<VirtualHost *>\n%s\n</VirtualHost>", "<Location /x>\n%s\n</Location>") {
    my ($status, $output) = verdict(join "\n", map { sprintf $place, $_ } @right);
    like $output, qr/Syntax OK/, 'accepted: all of them in ' . ($place =~ /<(\w+)/ ? $1 : 'the server');
}

done_testing;
