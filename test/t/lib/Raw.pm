# The backend that misbehaves on demand, backend/raw.py: what it has received of which request.
package Raw;
use strict;
use warnings;
use parent 'Exporter';

use Apache::Test ();
use Wire;

our @EXPORT = qw(mark seen);

my $serial = 0;

# A word that stands in one request, and in no other of this run
sub mark { return 'mark' . $$ . '_' . ++$serial . 'x' }

# The connections with a request that has the mark: { number, requests, wrong, tunnel }. Of another such
# backend: the variable with its port.
sub seen {
    my ($mark, $backend) = @_;
    my $socket = connect_to(Apache::Test::vars($backend // 'raw_port'));
    print $socket "GET /log?$mark HTTP/1.1\r\n\r\n";
    return @{ json_of(answer_from($socket)) };
}

1;
