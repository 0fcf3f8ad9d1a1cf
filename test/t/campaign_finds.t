# That build/campaign draws what it is to draw, and that it can find something: with each fault of
# fault/planted.c that row of its table fails which is about it, and the campaign does.
use strict;
use warnings;
use Test::More;
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Ports;

# plant => what has to fail, what the campaign has to say of it, and for how many seconds it waits for what
# will never be
my %plants = $ENV{UPGRADE_TEST_APR} ? (
    freed => ['no child has crashed', qr/AddressSanitizer: heap-use-after-free/],
) : (
    descriptor => ['descriptors are what they were', qr/\d more than before: \/dev\/null/],
    uncounted => ['the books close', qr/\d+ opened, by policies \d+/],
    unlogged => ['every 101 is logged', qr/a client got a 101, and the access log has 0 lines of it/, 5],
    forwarded => ['nothing arrives that the policy refuses', qr/is refused: websocket-version/],
    forged => ['every case is judged, and right', qr/a tunnel, and the backend has said 0 times 101/],
    crash => ['no child has crashed', qr/exit signal Segmentation fault/],
);

# None of these logs is for build/test to look at.
my $scratch = File::Temp->newdir('upgrade-campaign.XXXXXX', TMPDIR => 1);
chmod 0755, $scratch;

# What a seed draws is always the same, and nothing in the tables is for nothing.
sub drawn { return scalar qx{/usr/bin/python3 $FindBin::Bin/campaign/cases.py @_} }
my $cases = drawn(1, 100);
is drawn(1, 100), $cases, 'a seed repeats its cases';
isnt drawn(2, 100), $cases, 'and another one has others';
my %left = drawn(1, 4000) =~ /^(\w+): \d+ rows, not drawn: (.*)$/mg;
my @tables = qw(answers bytes endings frames hosts kinds parts plans raw routes);
is_deeply \%left, { map { ($_ => '[]') } @tables },
    'every row of every table comes';

# Side by side: they mostly wait.
my %runs;
for my $plant (sort keys %plants) {
    my $ports = join ',', map { free_port() } 1 .. 6;
    my @command = ('/usr/bin/python3', "$FindBin::Bin/campaign/campaign.py", '--seed', 8, '--cases', 140,
        '--ports', $ports, '--plant', $plant, '--limit', $plants{$plant}[2] // 60, "$scratch/$plant");
    open $runs{$plant}, '-|', "@command 2>&1" or die "$plant: $!";
}
for my $plant (sort keys %plants) {
    my ($row, $says) = @{ $plants{$plant} };
    my $pipe = $runs{$plant};
    my $table = do { local $/; <$pipe> };
    close $pipe;
    is $? >> 8, 1, "$plant: the campaign fails" or diag $table;
    like $table, qr/^\| \Q$row\E.* \| FAILED \|/m, "$plant: $row: fails" or diag $table;
    like $table, $says, "$plant: and says of what";
}

done_testing;
