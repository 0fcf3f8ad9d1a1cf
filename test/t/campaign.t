# A short build/campaign: a minute with the sanitizers, a little without. UPGRADE_TEST_CAMPAIGN="20 4711" for
# as many minutes, and with this seed. The seed of the suite is always the same: a change that has nothing to
# do with it is not to fail by chance.
use strict;
use warnings;
use Test::More;
use Apache::Test ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Lacks;
use Ports;

my $asked = $ENV{UPGRADE_TEST_CAMPAIGN};
my ($minutes, $seed, $numbers) = split ' ', $asked // ($ENV{UPGRADE_TEST_APR} ? 1 : 0.1) . ' 1';
my $folder = Apache::Test::vars('t_logs') . '/campaign';
my @only = defined $numbers ? ('--only', $numbers) : ();
my $ports = join ',', map { free_port() } 1 .. 6;
my @command = ('/usr/bin/python3', "$FindBin::Bin/campaign/campaign.py", '--minutes', $minutes,
    '--seed', $seed, '--ports', $ports, @only, $folder);
my $table = qx{@command 2>&1};
my $status = $? >> 8;

my @rows = $table =~ /^\| (.+?) \| (ok|FAILED) \| (.*?) \|$/mg;
cmp_ok @rows / 3, '>=', 15, 'everything is checked';
while (my ($what, $is, $figures) = splice @rows, 0, 3) {
    is $is, 'ok', "$what: $figures";
}
SKIP: {
    skip_without('h2-websockets', 1);
    like $table, qr/^\| every case is judged.* h2 socket [1-9]/m, 'WebSockets over HTTP/2 are among them'
        unless defined $numbers;
}
is $status, 0, "and that is its status, seed $seed";
diag $table if $asked || $status;
if ($status) {
    my $kept = "$ENV{UPGRADE_TEST_TOP}/build/out/campaign";
    system "rm -rf '$kept'; cp -r '$folder' '$kept'";
    diag "The logs are in build/out/campaign. Again: build/campaign $minutes $seed";
}

done_testing;
